/**
 * A task of the local endpoint and the words for it.
 *
 * lastStatus: PROVISIONING → PENDING → RUNNING → STOPPING → DEPROVISIONING → STOPPED; a task that fails to
 * start goes from PROVISIONING or PENDING to DEPROVISIONING. desiredStatus is RUNNING until something
 * wants the task gone. `version` rises by one with every change that anyone may see.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { ContainerDefinition, TaskDefinition } from "./definition.ts";
import type { Overrides } from "./requests.ts";
import type { ContainerRun } from "./container.ts";

export const ACCOUNT = "000000000000";
const AWS_REGION = "us-east-1";
const ARN = `arn:aws:ecs:${AWS_REGION}:${ACCOUNT}`;

export type TaskStatus = "PROVISIONING" | "PENDING" | "RUNNING" | "STOPPING" | "DEPROVISIONING" | "STOPPED";

export interface Container {
  definition: ContainerDefinition;
  arn: string;
  lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  healthStatus: "UNKNOWN" | "HEALTHY" | "UNHEALTHY";
  /** Absent until it exits; stays absent where ECS would not know it (a lost host). */
  exitCode?: number;
  reason?: string;
  run?: ContainerRun;
}

export interface Task {
  id: string;
  arn: string;
  cluster: string;
  definition: TaskDefinition;
  overrides: Overrides;
  cpu: number;
  memoryMib: number;
  startedBy?: string;
  group: string;
  launchType: string;
  capacityProviderName?: string;
  tags: { key: string; value: string }[];
  containers: Container[];
  lastStatus: TaskStatus;
  desiredStatus: "RUNNING" | "STOPPED";
  version: number;
  stopCode?: string;
  stoppedReason?: string;
  createdAt: Date;
  connectivityAt?: Date;
  pullStartedAt?: Date;
  pullStoppedAt?: Date;
  startedAt?: Date;
  stoppingAt?: Date;
  executionStoppedAt?: Date;
  stoppedAt?: Date;
}

export const clusterArn = (cluster: string): string => `${ARN}:cluster/${cluster}`;
export const definitionArn = ({ family, revision }: TaskDefinition): string =>
  `${ARN}:task-definition/${family}:${revision}`;

/** The last part of an ARN, or the name itself. */
export const lastPart = (nameOrArn: string): string => nameOrArn.split("/").at(-1) ?? nameOrArn;

export type TaskRequest = Pick<
  Task,
  "cluster" | "definition" | "overrides" | "cpu" | "memoryMib" | "launchType" | "tags"
> &
  Partial<Pick<Task, "startedBy" | "group" | "capacityProviderName">>;

/** A new task in PROVISIONING; nothing runs yet. */
export const newTask = (request: TaskRequest, createdAt: Date): Task => {
  const id = randomBytes(16).toString("hex");
  const containers = request.definition.containers.map((definition): Container => ({
    definition,
    arn: `${ARN}:container/${request.cluster}/${id}/${randomUUID()}`,
    lastStatus: "PENDING",
    healthStatus: "UNKNOWN",
  }));
  return {
    ...request,
    id,
    arn: `${ARN}:task/${request.cluster}/${id}`,
    group: request.group ?? `family:${request.definition.family}`,
    containers,
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    version: 1,
    createdAt,
  };
};

/** Lost in a host failure or never started: what ECS reports when it cannot know the exit code. */
export const isStopped = (task: Task): boolean => task.lastStatus === "STOPPED";
