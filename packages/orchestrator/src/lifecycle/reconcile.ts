/**
 * Compares ECS and the database, both ways: attempts whose task is gone, and tasks that no attempt
 * owns. Also finishes what a dead orchestrator left half done.
 */
import { and, eq, isNotNull, isNull, lt } from "drizzle-orm";
import type { Task } from "@aws-sdk/client-ecs";
import { LIMITS } from "@leo/core/limits.ts";
import { STOP_REASON } from "@leo/core/task-stop.ts";
import type { Context } from "../context.ts";
import { attempts, generations } from "../db/schema.ts";
import type { Launcher } from "../launch/launcher.ts";
import type { TaskClient } from "../launch/task-client.ts";
import { LAUNCH_LEASE_MS } from "../queue/claim.ts";
import { adoptLaunches, findAttempt, type AttemptRow } from "./attempt.ts";
import { observeTask, taskStopped, type ObservedTask } from "./observe-task.ts";
import { findUnpublished, publish } from "./publish.ts";
import { transition } from "./transition.ts";

/** ECS answers with a delay: a task this young may be unknown there, or not yet recorded here. */
const YOUNG_MS = 60_000;
/** A stop that had no effect is asked for again after this. */
const STOP_AGAIN_MS = 60_000;

export const toObserved = (task: Task): ObservedTask | undefined => {
  if (!task.taskArn || !task.startedBy) return undefined;
  return {
    taskArn: task.taskArn,
    startedBy: task.startedBy,
    lastStatus: task.lastStatus ?? "UNKNOWN",
    version: task.version ?? 0,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: (task.containers ?? []).map(({ name, exitCode, reason }) => ({
      name: name ?? "",
      exitCode,
      reason,
    })),
  };
};

const isYoung = (context: Context, since: Date | null | undefined) =>
  since ? context.now().getTime() - since.getTime() < YOUNG_MS : false;

const openAttempts = (context: Context): Promise<AttemptRow[]> =>
  context.database.orm
    .select()
    .from(attempts)
    .where(and(isNull(attempts.endedAt), isNotNull(attempts.taskArn)));

const compareAttempts = async (context: Context, tasks: TaskClient): Promise<void> => {
  const open = await openAttempts(context);
  const described = await tasks.describe(open.flatMap(({ taskArn }) => taskArn ?? []));
  const byArn = new Map(described.map((task) => [task.taskArn, task]));
  for (const attempt of open) {
    const task = byArn.get(attempt.taskArn ?? "");
    const observed = task && toObserved(task);
    if (observed) await observeTask(context, observed);
    else
      await taskStopped(context, attempt, { stoppedReason: "ECS no longer knows the task", containers: [] });
    const stopIsOld =
      attempt.stopRequestedAt && context.now().getTime() - attempt.stopRequestedAt.getTime() > STOP_AGAIN_MS;
    if (stopIsOld && attempt.taskArn && task?.lastStatus !== "STOPPED") {
      await tasks.stop(attempt.taskArn, attempt.stopReason ?? STOP_REASON.orphan);
    }
  }
};

/** Stops running tasks of our family that no open attempt owns. Returns how many. */
const stopOrphans = async (context: Context, tasks: TaskClient): Promise<number> => {
  const running = await tasks.describe(await tasks.listRunning());
  let stopped = 0;
  for (const task of running) {
    if (!task.taskArn || isYoung(context, task.createdAt)) continue;
    const attempt = task.startedBy ? await findAttemptOf(context, task.startedBy) : undefined;
    if (attempt && attempt.endedAt === null && attempt.taskArn === task.taskArn) continue;
    await tasks.stop(task.taskArn, STOP_REASON.orphan);
    context.log.warn(
      { event: "orphan_stopped", taskArn: task.taskArn, startedBy: task.startedBy },
      "stopped a task that nobody owns",
    );
    stopped += 1;
  }
  return stopped;
};

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const findAttemptOf = (context: Context, startedBy: string) =>
  UUID.test(startedBy) ? findAttempt(context, startedBy) : undefined;

const expireQueued = async (context: Context): Promise<void> => {
  const old = await context.database.orm
    .select({ id: generations.id })
    .from(generations)
    .where(
      and(
        eq(generations.state, "queued"),
        lt(generations.createdAt, new Date(context.now().getTime() - LIMITS.queueExpiryMs)),
      ),
    );
  for (const { id } of old) await transition(context, id, { type: "queue_expired" });
};

/** One whole pass. Returns how many orphans it stopped. */
export const reconcile = async (context: Context, tasks: TaskClient): Promise<number> => {
  await compareAttempts(context, tasks);
  await expireQueued(context);
  return stopOrphans(context, tasks);
};

/** What a dead orchestrator left: launches without a task, versions not yet published. */
export const takeOver = async (context: Context, launcher: Launcher): Promise<void> => {
  const adopted = await adoptLaunches(context, LAUNCH_LEASE_MS);
  await Promise.all(adopted.map((attempt) => launcher.adopt(attempt)));
  for (const generationId of await findUnpublished(context)) await publish(context, generationId);
};
