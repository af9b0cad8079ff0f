import {
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { DRIVER_CONTAINER, SANDBOX_CONTAINER, sandboxMemoryMib } from "@leo/core/task-containers.ts";
import type { Config } from "../config.ts";
import { AT_THE_START, traceCalls } from "../telemetry/aws-spans.ts";
import { classifyAnswer, classifyError, type LaunchOutcome } from "./outcome.ts";

export interface LaunchRequest {
  attemptId: string;
  clientToken: string;
  memoryMib: number;
  capacityProvider: string;
  /** One, so that another can be tried when it has no capacity. */
  subnet: string | undefined;
  /** Of the driver's container alone: the attempt's token is in it. */
  driverEnvironment: Record<string, string>;
  /** Nothing in it is a secret: whatever the agent starts can read it. */
  sandboxEnvironment: Record<string, string>;
}

export interface TaskClient {
  run(request: LaunchRequest): Promise<LaunchOutcome>;
  stop(taskArn: string, reason: string): Promise<void>;
  /** Tasks by ARN; one that ECS no longer knows is absent. */
  describe(taskArns: string[]): Promise<Task[]>;
  /** The task of an attempt, unless it has stopped. */
  findByAttempt(attemptId: string): Promise<string | undefined>;
  /** ARNs of every generator task that has not stopped. */
  listRunning(): Promise<string[]>;
  close(): void;
}

const DESCRIBE_MAX = 100;
/** Shorter than a launch's lease: who waits for an answer still holds the launch when it comes. */
const requestHandler = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
const pairs = (environment: Record<string, string>) =>
  Object.entries(environment).map(([name, value]) => ({ name, value }));

/** ECS as the launcher needs it. The endpoint and credentials come from the SDK's own environment. */
export const openTaskClient = (config: Config): TaskClient => {
  // RunTask's retries are the launcher's: it alone knows which token to use.
  const once = new ECSClient({ region: config.AWS_REGION, requestHandler, maxAttempts: 1 });
  const ecs = new ECSClient({
    region: config.AWS_REGION,
    requestHandler,
    maxAttempts: 5,
    retryMode: "adaptive",
  });
  for (const client of [once, ecs]) client.middlewareStack.add(traceCalls("ecs"), AT_THE_START);
  const cluster = config.LEO_CLUSTER;

  const list = async (filter: { startedBy: string } | { family: string; desiredStatus: "RUNNING" }) => {
    const taskArns: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await ecs.send(new ListTasksCommand({ cluster, ...filter, nextToken }));
      taskArns.push(...(page.taskArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken);
    return taskArns;
  };

  return {
    run: async (request) => {
      const { subnet, capacityProvider } = request;
      const isLarger = request.memoryMib !== config.LEO_GENERATOR_MEMORY_MIB;
      const command = new RunTaskCommand({
        cluster,
        taskDefinition: config.LEO_GENERATOR_FAMILY,
        clientToken: request.clientToken,
        startedBy: request.attemptId,
        // One provider a call: a strategy of several spreads tasks, it never falls back.
        capacityProviderStrategy: [{ capacityProvider, weight: 1 }],
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: subnet ? [subnet] : [],
            securityGroups: config.LEO_GENERATOR_SECURITY_GROUPS,
            assignPublicIp: "ENABLED",
          },
        },
        overrides: {
          ...(isLarger ? { memory: String(request.memoryMib) } : {}),
          containerOverrides: [
            { name: DRIVER_CONTAINER, environment: pairs(request.driverEnvironment) },
            {
              name: SANDBOX_CONTAINER,
              environment: pairs(request.sandboxEnvironment),
              // The definition's own limit would keep it from what the task has more.
              ...(isLarger ? { memory: sandboxMemoryMib(request.memoryMib) } : {}),
            },
          ],
        },
      });
      return once.send(command).then(classifyAnswer, classifyError);
    },
    stop: async (task, reason) => {
      await ecs.send(new StopTaskCommand({ cluster, task, reason }));
    },
    describe: async (taskArns) => {
      const found: Task[] = [];
      for (let start = 0; start < taskArns.length; start += DESCRIBE_MAX) {
        const tasks = taskArns.slice(start, start + DESCRIBE_MAX);
        const answer = await ecs.send(new DescribeTasksCommand({ cluster, tasks }));
        found.push(...(answer.tasks ?? []));
      }
      return found;
    },
    // `startedBy` must be the only filter, so only tasks that have not stopped are found.
    findByAttempt: async (attemptId) => {
      const [taskArn] = await list({ startedBy: attemptId });
      return taskArn;
    },
    listRunning: () => list({ family: config.LEO_GENERATOR_FAMILY, desiredStatus: "RUNNING" }),
    close: () => {
      once.destroy();
      ecs.destroy();
    },
  };
};
