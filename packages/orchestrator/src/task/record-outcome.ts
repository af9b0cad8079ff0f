/** How a launch ends: with a task, without one for good, or back in the queue. */
import { eq } from "drizzle-orm";
import { failure, type Failure } from "@leo/core/failure.ts";
import { STOP_REASON } from "@leo/core/task-stop.ts";
import type { Context } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import { attempts, generations } from "../db/schema.ts";
import { endAttempt, recordTask, requestStop, tellProgress, type AttemptRef } from "../generation/attempt.ts";
import { lockGeneration } from "../generation/lock.ts";
import { advance } from "../generation/advance.ts";
import type { TaskClient } from "./client.ts";

export const createEndings = (context: Context, tasks: TaskClient) => {
  const { config, database, log, now } = context;

  const isCancelled = async (generationId: string) => {
    const [row] = await database.orm
      .select({ at: generations.cancelRequestedAt })
      .from(generations)
      .where(eq(generations.id, generationId));
    return row === undefined || row.at !== null;
  };

  const fail = (attempt: AttemptRef, cause: Failure, retry: boolean) =>
    tx(context, async ({ orm }) => {
      const at = now();
      await lockGeneration(orm, attempt.generationId);
      await endAttempt(orm, attempt, "launch_failed", cause.detail ?? cause.code, at);
      await advance(
        context,
        attempt.generationId,
        { type: "attempt_failed", failure: cause, retry, isPlatformFault: true },
        attempt.number,
      );
    });

  /** A setting is wrong: the log line raises an alarm. */
  const refuse = async (attempt: AttemptRef, detail: string) => {
    log.error({ event: "launch_refused", attemptId: attempt.id, detail }, "RunTask was refused");
    await fail(attempt, failure("internal", detail), false);
  };

  /** Back into the queue: certainly no task was made, so the attempt never was. */
  const defer = (attempt: AttemptRef, detail: string) =>
    tx(context, async ({ orm }) => {
      const at = now();
      await tellProgress(
        orm,
        attempt,
        "ended",
        at,
        "The account's machine limit is reached; waiting for a place.",
      );
      await orm.delete(attempts).where(eq(attempts.id, attempt.id));
      const input = { type: "launch_deferred", retryInMs: config.LEO_QUOTA_PAUSE_MS } as const;
      await advance(context, attempt.generationId, input, attempt.number);
      log.warn({ event: "launch_quota", attemptId: attempt.id, detail }, "the vCPU quota is reached");
    });

  const started = async (attempt: AttemptRef, taskArn: string) => {
    const recorded = await recordTask(context, attempt, taskArn);
    log.info(
      { event: "task_started", attemptId: attempt.id, generationId: attempt.generationId, taskArn, recorded },
      "task started",
    );
    if (!recorded) {
      // It ended meanwhile, or has another task: nobody would wait for this one.
      await tasks.stop(taskArn, STOP_REASON.orphan);
      return;
    }
    if (!(await isCancelled(attempt.generationId))) return;
    await requestStop(database.orm, attempt.id, STOP_REASON.cancel, now());
    await tasks.stop(taskArn, STOP_REASON.cancel);
  };

  /** @param mayHaveTask a call had no clear answer: the task that it may have made must be gone first */
  const cancelled = async (attempt: AttemptRef, mayHaveTask: boolean) => {
    const taskArn = mayHaveTask ? await tasks.findByAttempt(attempt.id) : undefined;
    if (taskArn) return started(attempt, taskArn);
    return tx(context, async ({ orm }) => {
      const at = now();
      await lockGeneration(orm, attempt.generationId);
      await endAttempt(orm, attempt, "cancelled", "cancelled before the launch", at);
      await advance(context, attempt.generationId, { type: "task_gone" }, attempt.number);
    });
  };

  return { isCancelled, fail, refuse, defer, started, cancelled };
};
