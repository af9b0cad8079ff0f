/**
 * What ECS says about a task, from an SQS event or from DescribeTasks. Both may repeat, come late
 * and out of order: `version` decides, and a stopped task is final.
 */
import { and, eq, lt } from "drizzle-orm";
import { classifyStop, type StoppedTask } from "@leo/core/task-stop.ts";
import type { Context } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import { attempts, generations } from "../db/schema.ts";
import { withIds } from "../telemetry/log.ts";
import { endAttempt, findAttempt, recordTask, tellProgress, type AttemptRow } from "../generation/attempt.ts";
import { findUpload, type Upload } from "../version/artifact.ts";
import { CUT, recordCompletion, wordOf } from "../generation/complete.ts";
import { lockGeneration } from "../generation/lock.ts";
import { advance } from "../generation/advance.ts";
import type { GenerationRow } from "../generation/transition.ts";

export interface ObservedTask extends StoppedTask {
  taskArn: string;
  startedBy: string;
  lastStatus: string;
  version: number;
}

/** A memory failure gets this much: the largest that 4 vCPUs allow without a step in price. */
const LARGER_MEMORY_MIB = 16_384;

/** What is left of a task that DescribeTasks calls MISSING. */
export const UNKNOWN_TASK: StoppedTask = { stoppedReason: "ECS no longer knows the task", containers: [] };

/** @returns false when the task belongs to no attempt of ours */
export const observeTask = async (context: Context, task: ObservedTask): Promise<boolean> => {
  const attempt = await findAttempt(context, task.startedBy);
  if (!attempt) return false;
  const ids = { generationId: attempt.generationId, attemptId: attempt.id, taskArn: task.taskArn };
  return withIds(ids, () => observe(context, attempt, task));
};

const observe = async (context: Context, attempt: AttemptRow, task: ObservedTask): Promise<boolean> => {
  if (attempt.taskArn !== null && attempt.taskArn !== task.taskArn) return false;
  if (attempt.endedAt !== null) return true;
  if (task.lastStatus === "STOPPED") {
    await taskStopped(context, attempt, task);
    return true;
  }
  await taskMoved(context, attempt, task);
  return true;
};

const taskMoved = (context: Context, attempt: AttemptRow, task: ObservedTask) =>
  tx(context, async ({ orm }) => {
    const at = context.now();
    const running = task.lastStatus === "RUNNING" && attempt.taskRunningAt === null;
    // The event may be here before RunTask's answer.
    if (!(await recordTask(context, attempt, task.taskArn))) return;
    const [moved] = await orm
      .update(attempts)
      .set({ taskVersion: task.version, ...(running ? { taskRunningAt: at } : {}) })
      .where(and(eq(attempts.id, attempt.id), lt(attempts.taskVersion, task.version)))
      .returning({ id: attempts.id });
    if (moved && running) await tellProgress(orm, attempt, "task_running", at);
  });

const readGeneration = async (context: Context, generationId: string): Promise<GenerationRow | undefined> => {
  const [row] = await context.database.orm.select().from(generations).where(eq(generations.id, generationId));
  return row;
};

/**
 * The task is gone. Its work counts if it said how it ended, or its manifest is there; else the stop
 * reason decides. One transaction ends the attempt and moves the generation, so that a process that
 * dies here leaves nothing between the two.
 */
export const taskStopped = async (
  context: Context,
  attempt: AttemptRow,
  task: StoppedTask,
): Promise<void> => {
  const generation = await readGeneration(context, attempt.generationId);
  if (!generation) return;
  // StopTask's reason may be lost when the task ended by itself meanwhile; ours is in the attempt.
  const stoppedReason = attempt.stopReason ?? task.stoppedReason;
  const verdict = classifyStop({ ...task, stoppedReason });
  const active = generation.attempt === attempt.number && ["starting", "running"].includes(generation.state);
  const { artifact, isTooLarge }: Upload = active
    ? await findUpload(context, generation.appId, generation.id, attempt.number)
    : {};
  /** What an attempt uploaded before its end is kept as a draft, however it ended. */
  const draft = artifact && { artifactPrefix: artifact.prefix, manifest: artifact.manifest };
  const isHeard = active && generation.cancelRequestedAt === null;
  const word = isHeard ? (isTooLarge ? CUT : await wordOf(context, attempt)) : undefined;
  const detail = verdict.failure.detail ?? verdict.class;
  const isFinished = word !== undefined || (artifact !== undefined && !artifact.manifest.partial);
  await tx(context, async ({ orm }) => {
    const at = context.now();
    const current = await lockGeneration(orm, generation.id);
    if (!current || !(await endAttempt(orm, attempt, verdict.class, detail, at))) return undefined;
    if (current.attempt !== attempt.number || (current.state !== "starting" && current.state !== "running"))
      return undefined;
    if (isFinished && current.cancelRequestedAt === null)
      return recordCompletion(context, generation.id, attempt.number, word ?? {}, artifact);
    await tellProgress(orm, attempt, "ended", at, detail);
    if (current.cancelRequestedAt !== null) {
      return advance(context, generation.id, { type: "task_gone" }, attempt.number, draft);
    }
    const result = {
      ...draft,
      ...(verdict.moreMemory ? { memoryMib: Math.max(generation.memoryMib, LARGER_MEMORY_MIB) } : {}),
      ...(verdict.onDemand ? { onDemand: true } : {}),
    };
    const retry = verdict.retry || isRetryable(attempt);
    const { failure, isPlatformFault } = verdict;
    const input = { type: "attempt_failed", failure, retry, isPlatformFault } as const;
    return advance(context, generation.id, input, attempt.number, result);
  });
  context.log.info(
    { event: "task_ended", attemptId: attempt.id, generationId: generation.id, class: verdict.class, detail },
    "task ended",
  );
};

/** A stop by one of our watches for a platform's fault: once more. */
const isRetryable = (attempt: AttemptRow) =>
  attempt.stopReason !== null && /^leo:(start-timeout|heartbeat-lost|stalled)/.test(attempt.stopReason);
