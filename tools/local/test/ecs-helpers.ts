import { readFile } from "node:fs/promises";
import path from "node:path";
import {
  DescribeTasksCommand,
  ECSClient,
  RunTaskCommand,
  type RunTaskCommandInput,
  type Task,
} from "@aws-sdk/client-ecs";
import type { ContainerDefinition, NewTaskDefinition } from "../src/ecs/definition.ts";
import { until } from "../src/testing/until.ts";
import { withEcs, type TestEcs, type TestEcsOptions } from "../src/testing/ecs.ts";

export interface Setting {
  ecs: TestEcs;
  client: ECSClient;
  /** Runs family `leo` with what RunTask needs on Fargate. */
  runTask: (input?: Partial<RunTaskCommandInput>) => Promise<Task>;
  describe: (task: Task) => Promise<Task>;
  /** Waits until the task has this status. */
  reaches: (task: Task, status: string) => Promise<Task>;
}

export const NETWORK = { awsvpcConfiguration: { subnets: ["subnet-1"], securityGroups: ["sg-1"] } };

/** A container that runs a line of JavaScript. */
export const script = (
  name: string,
  code: string,
  rest: Partial<ContainerDefinition> = {},
): ContainerDefinition => ({
  name,
  command: [process.execPath, "-e", code],
  ...rest,
});

/** Keeps a process alive until it is signalled. */
export const FOREVER = "setInterval(() => {}, 1000);";

export const leo = (...containers: ContainerDefinition[]): NewTaskDefinition => ({
  family: "leo",
  cpu: 4096,
  memoryMib: 8192,
  containers,
});

/** An endpoint with family `leo` and a client of the real SDK (one try per send). */
export const withLeo = async (
  definition: NewTaskDefinition,
  run: (setting: Setting) => Promise<void>,
  options: TestEcsOptions = {},
): Promise<void> =>
  withEcs(options, async (ecs) => {
    ecs.register(definition);
    const client = new ECSClient({ ...ecs.clientConfig, maxAttempts: 1 });
    const describe = async ({ taskArn }: Task): Promise<Task> => {
      const { tasks } = await client.send(
        new DescribeTasksCommand({ cluster: "leo-local", tasks: [taskArn ?? ""], include: ["TAGS"] }),
      );
      const [task] = tasks ?? [];
      if (!task) throw new Error(`no task ${taskArn}`);
      return task;
    };
    const runTask = async (input: Partial<RunTaskCommandInput> = {}): Promise<Task> => {
      const { tasks } = await client.send(
        new RunTaskCommand({
          cluster: "leo-local",
          taskDefinition: "leo",
          networkConfiguration: NETWORK,
          ...input,
        }),
      );
      const [task] = tasks ?? [];
      if (!task) throw new Error("RunTask started nothing");
      return task;
    };
    const reaches = async (task: Task, status: string): Promise<Task> =>
      until(`${task.taskArn} to be ${status}`, async () => {
        const now = await describe(task);
        return now.lastStatus === status && now;
      });
    try {
      await run({ ecs, client, describe, runTask, reaches });
    } finally {
      client.destroy();
    }
  });

/** Containers as functions: running until SIGTERM, exit 0. */
export const untilTerminated = async (_: unknown, signal: AbortSignal): Promise<number> => {
  const { promise, resolve } = Promise.withResolvers<number>();
  signal.addEventListener("abort", () => resolve(0));
  return promise;
};

/** What the container has written so far. */
export const logOf = async (logDir: string, { taskArn }: Task, container = "leo"): Promise<string> =>
  readFile(path.join(logDir, taskArn?.split("/").at(-1) ?? "", `${container}.log`), "utf8");
