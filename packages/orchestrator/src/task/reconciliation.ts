/**
 * Compares ECS and the database, both ways: attempts whose task is gone, and tasks that no attempt
 * owns. Also finishes what a dead orchestrator left half done.
 */
import { and, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Task } from "@aws-sdk/client-ecs";
import { LIMITS } from "@leo/core/limits.ts";
import { STOP_REASON } from "@leo/core/task-stop.ts";
import type { Context } from "../app-context.ts";
import { attempts, generations } from "../db/schema.ts";
import { noteOrphan } from "../admin/orphans.ts";
import { repairLedger } from "../limits/ledger.ts";
import type { TaskClient } from "./client.ts";
import { withIds, type LogIds } from "../telemetry/log.ts";
import { adoptLaunches, findAttempt, type AttemptRow } from "../generation/attempt.ts";
import { observeTask, taskStopped, UNKNOWN_TASK, type ObservedTask } from "./observation.ts";
import { saveDrafts } from "../generation/draft.ts";
import { finalize, findUnfinalized } from "../generation/finalize.ts";
import { advance } from "../generation/advance.ts";

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

/** Too short ago for ECS's answer to show it. */
const isRecent = ({ config, now }: Context, since: Date | null | undefined) =>
  since ? now().getTime() - since.getTime() < config.LEO_TASK_SETTLE_MS : false;

const openAttempts = (context: Context): Promise<AttemptRow[]> =>
  context.database.orm
    .select()
    .from(attempts)
    .where(and(isNull(attempts.endedAt), isNotNull(attempts.taskArn)));

/** One that fails is logged and comes again in the next pass; it does not keep the others. */
const forEach = async <T>(
  context: Context,
  items: T[],
  idsOf: (item: T) => LogIds,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  for (const item of items) {
    await withIds(idsOf(item), () =>
      work(item).catch((cause: unknown) =>
        context.log.error({ err: cause, event: "reconcile_failed" }, "the next pass tries again"),
      ),
    );
  }
};

const idsOfAttempt = ({ id, generationId, taskArn }: AttemptRow): LogIds => ({
  generationId,
  attemptId: id,
  ...(taskArn ? { taskArn } : {}),
});

const compareAttempt = async (
  context: Context,
  tasks: TaskClient,
  attempt: AttemptRow,
  task: Task | undefined,
): Promise<void> => {
  const observed = task && toObserved(task);
  if (observed) await observeTask(context, observed);
  else if (!isRecent(context, attempt.taskAcceptedAt)) await taskStopped(context, attempt, UNKNOWN_TASK);
  // A stop that had no effect is asked for again.
  const { stopRequestedAt, stopReason, taskArn } = attempt;
  if (!stopRequestedAt || isRecent(context, stopRequestedAt)) return;
  if (taskArn && task && task.lastStatus !== "STOPPED") {
    await tasks.stop(taskArn, stopReason ?? STOP_REASON.orphan);
  }
};

const compareAttempts = async (context: Context, tasks: TaskClient): Promise<void> => {
  const open = await openAttempts(context);
  const described = await tasks.describe(open.flatMap(({ taskArn }) => taskArn ?? []));
  const byArn = new Map(described.map((task) => [task.taskArn, task]));
  await forEach(context, open, idsOfAttempt, (attempt) =>
    compareAttempt(context, tasks, attempt, byArn.get(attempt.taskArn ?? "")),
  );
};

export interface SeenOrphans {
  /** Recorded for the first time, by whichever orchestrator. */
  found: number;
  stopped: number;
}

/** Stops running tasks of our family that no open attempt owns. Returns how many. */
const stopOrphans = async (context: Context, tasks: TaskClient): Promise<SeenOrphans> => {
  const running = await tasks.describe(await tasks.listRunning());
  const seen: SeenOrphans = { found: 0, stopped: 0 };
  await forEach(
    context,
    running,
    ({ taskArn = "", startedBy = "" }) => ({ taskArn, attemptId: startedBy }),
    async (task) => {
      if (!task.taskArn || isRecent(context, task.createdAt)) return;
      const attempt = task.startedBy ? await findAttemptOf(context, task.startedBy) : undefined;
      if (attempt && attempt.endedAt === null) {
        if (attempt.taskArn === task.taskArn) return;
        // Its launcher died before it had the answer, and nobody has adopted the launch yet.
        const observed = attempt.taskArn === null ? toObserved(task) : undefined;
        if (observed && (await observeTask(context, observed))) return;
      }
      const isNew = await noteOrphan(context, { taskArn: task.taskArn, startedBy: task.startedBy });
      if (isNew) seen.found += 1;
      await tasks.stop(task.taskArn, STOP_REASON.orphan);
      await noteOrphan(context, { taskArn: task.taskArn, stoppedAt: context.now() });
      context.log.warn(
        { event: "orphan_stopped", taskArn: task.taskArn, startedBy: task.startedBy },
        "stopped a task that nobody owns",
      );
      seen.stopped += 1;
    },
  );
  return seen;
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
        // As a literal: a partial index is of no use to a parameter.
        sql`${generations.state} = 'queued'`,
        lt(generations.createdAt, new Date(context.now().getTime() - LIMITS.queueExpiryMs)),
      ),
    );
  await forEach(
    context,
    old,
    ({ id }) => ({ generationId: id }),
    async ({ id }) => void (await advance(context, id, { type: "queue_expired" })),
  );
};

const checkLedger = async (context: Context): Promise<void> => {
  const repaired = await repairLedger(context);
  if (repaired > 0)
    context.log.warn(
      { event: "ledger_repaired", repaired },
      "ledger entries did not match their generations",
    );
};

/** One whole pass. */
export const reconcile = async (context: Context, tasks: TaskClient): Promise<SeenOrphans> => {
  await compareAttempts(context, tasks);
  await expireQueued(context);
  await checkLedger(context);
  return stopOrphans(context, tasks);
};

/** What a dead orchestrator left: launches without a task, versions and drafts that are not recorded yet. */
export const takeOver = async (context: Context, adopt: (attempt: AttemptRow) => void): Promise<void> => {
  for (const attempt of await adoptLaunches(context)) adopt(attempt);
  await forEach(
    context,
    await findUnfinalized(context),
    (generationId) => ({ generationId }),
    (generationId) => finalize(context, generationId),
  );
  await saveDrafts(context);
};
