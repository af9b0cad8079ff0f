import type { RunContainer } from "./container.ts";
import type { TaskDefinition } from "./definition.ts";
import { clientError, clusterNotFound } from "./ecs-error.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Faults } from "./faults.ts";
import { lastPart } from "./task.ts";
import type { TaskStore } from "./task-store.ts";
import type { View } from "./task-view.ts";

/** All that the API calls work on. */
export interface Ecs {
  cluster: string;
  definitions: TaskDefinition[];
  tasks: TaskStore;
  /** Answers of RunTask by clientToken. */
  tokens: Map<string, { fingerprint: string; result: Promise<View> }>;
  faults: Faults;
  events?: EventQueue;
  runContainer: RunContainer;
  vcpuQuota: number;
  /** Throws ThrottlingException when a call comes too soon. */
  checkLimits: (operation: string) => void;
  now: () => Date;
  random: () => number;
  /** The cluster's name, from a name or an ARN. */
  clusterOf: (nameOrArn: string) => string;
  /** The definition to run, from `family`, `family:revision` or an ARN. */
  definitionOf: (nameOrArn: string) => TaskDefinition;
}

export const clusterFinder =
  (cluster: string) =>
  (nameOrArn: string): string => {
    if (lastPart(nameOrArn) !== cluster) throw clusterNotFound();
    return cluster;
  };

export const definitionFinder =
  (definitions: TaskDefinition[]) =>
  (nameOrArn: string): TaskDefinition => {
    const [family, revision] = lastPart(nameOrArn).split(":");
    const ofFamily = definitions.filter((definition) => definition.family === family);
    const found = revision
      ? ofFamily.find((definition) => String(definition.revision) === revision)
      : ofFamily.findLast(({ active }) => active);
    if (!found) throw clientError("TaskDefinition not found.");
    if (!found.active) throw clientError("TaskDefinition is inactive");
    return found;
  };
