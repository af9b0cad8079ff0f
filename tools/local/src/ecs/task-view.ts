import { ACCOUNT, clusterArn, definitionArn, type Container, type Task } from "./task.ts";

export type View = Record<string, unknown>;
type TimeFormat = (time: Date | undefined) => unknown;

const epochSeconds: TimeFormat = (time) => time && time.getTime() / 1000;
const isoText: TimeFormat = (time) => time?.toISOString();

const containerView = (container: Container, task: Task): View => ({
  containerArn: container.arn,
  taskArn: task.arn,
  name: container.definition.name,
  image: `local/${container.definition.name}`,
  lastStatus: container.lastStatus,
  healthStatus: container.definition.healthCheck ? container.healthStatus : "UNKNOWN",
  exitCode: container.exitCode,
  reason: container.reason,
  networkInterfaces: [],
  cpu: "0",
});

const view = (task: Task, time: TimeFormat): View => ({
  attachments: [],
  attributes: [],
  availabilityZone: "us-east-1a",
  capacityProviderName: task.capacityProviderName,
  clusterArn: clusterArn(task.cluster),
  connectivity: task.connectivityAt ? "CONNECTED" : undefined,
  connectivityAt: time(task.connectivityAt),
  containers: task.containers.map((container) => containerView(container, task)),
  cpu: String(task.cpu),
  createdAt: time(task.createdAt),
  desiredStatus: task.desiredStatus,
  enableExecuteCommand: false,
  executionStoppedAt: time(task.executionStoppedAt),
  group: task.group,
  healthStatus: "UNKNOWN",
  lastStatus: task.lastStatus,
  launchType: task.launchType,
  memory: String(task.memoryMib),
  overrides: { containerOverrides: [], ...task.overrides },
  platformFamily: "Linux",
  platformVersion: "1.4.0",
  pullStartedAt: time(task.pullStartedAt),
  pullStoppedAt: time(task.pullStoppedAt),
  startedAt: time(task.startedAt),
  startedBy: task.startedBy,
  stopCode: task.stopCode,
  stoppedAt: time(task.stoppedAt),
  stoppedReason: task.stoppedReason,
  stoppingAt: time(task.stoppingAt),
  taskArn: task.arn,
  taskDefinitionArn: definitionArn(task.definition),
  version: task.version,
});

/** A task as API calls show it: times in seconds, tags only when asked for. */
export const taskView = (task: Task, options: { tags?: boolean } = {}): View => ({
  ...view(task, epochSeconds),
  ...(options.tags && { tags: task.tags.map((tag) => ({ ...tag })) }),
});

/** The EventBridge event that says how a task stands now. */
export const taskStateEvent = (task: Task, id: string, now: Date): View => ({
  version: "0",
  id,
  "detail-type": "ECS Task State Change",
  source: "aws.ecs",
  account: ACCOUNT,
  time: now.toISOString(),
  region: "us-east-1",
  resources: [task.arn],
  detail: { ...view(task, isoText), updatedAt: now.toISOString() },
});
