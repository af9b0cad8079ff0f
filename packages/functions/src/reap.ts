/**
 * Stops generator tasks past their deadline. The generator and the orchestrator both enforce the deadline;
 * this is the last resort if neither does, so that no task runs up costs forever.
 */
import {
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  StopTaskCommand,
  type ECSClientConfig,
  type Task,
} from "@aws-sdk/client-ecs";
import { setTimeout as sleep } from "node:timers/promises";
import { LIMITS } from "@leo/core/limits.ts";
import { STOP_REASON } from "@leo/core/task-stop.ts";

/** How long the others have after a deadline to stop the task and upload its work. */
export const GRACE_MS = 5 * 60_000;
const DESCRIBE_MAX = 100;

/** A client that retries throttled and failed calls with the SDK's backoff; the schedule covers the rest. */
export const openEcs = (config: ECSClientConfig = {}) => new ECSClient({ maxAttempts: 8, ...config });

export interface Generators {
  cluster: string;
  /** Task definition family of this stage's generators. */
  family: string;
}

export interface ReapOptions extends Generators {
  now: Date;
  /** Report what would be stopped, and stop nothing. */
  dryRun: boolean;
}

export interface ReapReport {
  /** Generator tasks that are starting or running. */
  seen: number;
  /** ARNs of tasks past their deadline, stopped unless it was a dry run. */
  overdue: string[];
  /** Tasks that could not be stopped. */
  failed: { taskArn: string; reason: string }[];
}

const listTasks = async (ecs: ECSClient, { cluster, family }: Generators): Promise<string[]> => {
  const found: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ecs.send(
      new ListTasksCommand({ cluster, family, desiredStatus: "RUNNING", nextToken }),
    );
    found.push(...(page.taskArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
};

const describeTasks = async (ecs: ECSClient, cluster: string, taskArns: string[]): Promise<Task[]> => {
  const found: Task[] = [];
  for (let start = 0; start < taskArns.length; start += DESCRIBE_MAX) {
    const tasks = taskArns.slice(start, start + DESCRIBE_MAX);
    const answer = await ecs.send(new DescribeTasksCommand({ cluster, tasks }));
    found.push(...(answer.tasks ?? []));
  }
  return found;
};

const ownDeadline = ({ overrides }: Task): number => {
  const variables = (overrides?.containerOverrides ?? []).flatMap(({ environment }) => environment ?? []);
  const text = variables.find(({ name }) => name === "LEO_DEADLINE_AT")?.value;
  return text === undefined ? Number.NaN : Date.parse(text);
};

/**
 * When a task must have ended, in ms since 1970: its own deadline, at most the longest deadline after its
 * creation. A task without a readable deadline gets the longest. ECS sets the creation time when a task
 * enters PENDING; until then only the task's own deadline counts.
 */
export const deadlineOf = (task: Task): number => {
  const longest = (task.createdAt?.getTime() ?? Number.POSITIVE_INFINITY) + LIMITS.deadlineMs;
  const own = ownDeadline(task);
  return Number.isNaN(own) ? longest : Math.min(own, longest);
};

/** Stops every overdue generator task of a cluster. A task that can't be stopped doesn't block the others. */
export const reap = async (ecs: ECSClient, options: ReapOptions): Promise<ReapReport> => {
  const { cluster, now, dryRun } = options;
  const tasks = await describeTasks(ecs, cluster, await listTasks(ecs, options));
  const overdue = tasks
    .filter((task) => deadlineOf(task) + GRACE_MS < now.getTime())
    .flatMap(({ taskArn }) => taskArn ?? []);
  const failed: ReapReport["failed"] = [];
  for (const task of dryRun ? [] : overdue) {
    const stop = new StopTaskCommand({ cluster, task, reason: `${STOP_REASON.deadline} (reaper)` });
    await ecs.send(stop).catch((error: unknown) => failed.push({ taskArn: task, reason: String(error) }));
  }
  return { seen: tasks.length, overdue, failed };
};

export interface StopAllOptions extends Generators {
  /** How long to wait for stopped tasks to end. */
  waitMs: number;
  intervalMs: number;
}

/**
 * Stops every generator task and waits until they have ended, because a network or a cluster that contains
 * tasks can't be deleted. Doesn't wait for tasks that are still stopping after `waitMs`.
 * @returns ARNs of the stopped tasks, and how many of them were still stopping
 * @throws the SDK's error if a task may not be stopped
 */
export const stopAll = async (
  ecs: ECSClient,
  { waitMs, intervalMs, ...generators }: StopAllOptions,
): Promise<{ stopped: string[]; stopping: number }> => {
  const { cluster } = generators;
  const giveUpAt = Date.now() + waitMs;
  const stopped = new Set<string>();
  for (;;) {
    const wanted = await listTasks(ecs, generators);
    for (const task of wanted) {
      await ecs.send(new StopTaskCommand({ cluster, task, reason: `${STOP_REASON.orphan} (stage removed)` }));
      stopped.add(task);
    }
    const tasks = await describeTasks(ecs, cluster, [...stopped]);
    const stopping = tasks.filter(({ lastStatus }) => lastStatus !== "STOPPED").length;
    if ((wanted.length === 0 && stopping === 0) || Date.now() >= giveUpAt)
      return { stopped: [...stopped], stopping };
    await sleep(intervalMs);
  }
};
