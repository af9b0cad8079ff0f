import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { callLimits } from "./ecs/call-limits.ts";
import type { RunContainer } from "./ecs/container.ts";
import type { NewTaskDefinition, TaskDefinition } from "./ecs/definition.ts";
import { clusterFinder, definitionFinder, type Ecs } from "./ecs/ecs-state.ts";
import { EventQueue } from "./ecs/event-queue.ts";
import { Faults } from "./ecs/faults.ts";
import { ecsServer } from "./ecs/server.ts";
import { TaskStore, type StoredTask } from "./ecs/task-store.ts";
import { definitionArn } from "./ecs/task.ts";

export interface EcsOptions {
  cluster: string;
  runContainer: RunContainer;
  /** SQS queue for "ECS Task State Change" events; none: no events. */
  queueUrl?: string;
  /** vCPUs that may be in use at once in the account. Default: no limit. */
  vcpuQuota?: number;
  /** Throttle calls as ECS does. */
  limitCalls?: boolean;
  now?: () => Date;
  random?: () => number;
  port?: number;
}

export interface LocalEcs {
  url: string;
  cluster: string;
  faults: Faults;
  /** Adds a revision of a family and returns its ARN. */
  register: (definition: NewTaskDefinition) => string;
  /** Makes a revision inactive; its running tasks go on. */
  deregister: (familyAndRevision: string) => void;
  /** Every task that is still visible, running or stopped. */
  tasks: () => StoredTask[];
  /** Resolves when every event so far is in the queue. */
  eventsSent: () => Promise<void>;
  /** Environment that points an AWS SDK here. */
  env: Record<string, string>;
  /** Stops every task (SIGTERM, then SIGKILL after `graceMs`) and the server. */
  stop: (graceMs?: number) => Promise<void>;
}

const STOP_GRACE_MS = 2_000;

const stopTasks = async (tasks: StoredTask[], graceMs: number): Promise<void> => {
  for (const { runner } of tasks) {
    runner.stop({ stopCode: "UserInitiated", stoppedReason: "the local cloud stops" });
  }
  const timer = setTimeout(() => {
    for (const { task } of tasks) for (const { run } of task.containers) run?.signal("SIGKILL");
  }, graceMs);
  await Promise.all(tasks.map(async ({ runner }) => runner.ended));
  clearTimeout(timer);
};

/** Starts the ECS endpoint on loopback. */
export const startEcs = async (options: EcsOptions): Promise<LocalEcs> => {
  const now = options.now ?? (() => new Date());
  const definitions: TaskDefinition[] = [];
  const faults = new Faults();
  const ecs: Ecs = {
    cluster: options.cluster,
    definitions,
    tasks: new TaskStore(now),
    tokens: new Map(),
    faults,
    events: options.queueUrl ? new EventQueue(options.queueUrl, faults) : undefined,
    runContainer: options.runContainer,
    vcpuQuota: options.vcpuQuota ?? Number.POSITIVE_INFINITY,
    checkLimits: options.limitCalls ? callLimits(() => now().getTime()) : () => undefined,
    now,
    random: options.random ?? Math.random,
    clusterOf: clusterFinder(options.cluster),
    definitionOf: definitionFinder(definitions),
  };
  const server = ecsServer(ecs);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    cluster: options.cluster,
    faults,
    register: (definition) => {
      const revision = 1 + definitions.filter(({ family }) => family === definition.family).length;
      const registered = { ...definition, revision, active: true };
      definitions.push(registered);
      return definitionArn(registered);
    },
    deregister: (familyAndRevision) => {
      ecs.definitionOf(familyAndRevision).active = false;
    },
    tasks: () => ecs.tasks.all(),
    eventsSent: async () => ecs.events?.flushed(),
    env: { AWS_ENDPOINT_URL_ECS: url },
    stop: async (graceMs = STOP_GRACE_MS) => {
      await stopTasks(ecs.tasks.all(), graceMs);
      await ecs.events?.close();
      server.close();
      server.closeAllConnections();
    },
  };
};
