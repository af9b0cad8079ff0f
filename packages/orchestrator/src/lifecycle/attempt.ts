import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { LifecycleFact } from "@leo/core/event.ts";
import type { Context } from "../context.ts";
import type { Orm } from "../db/database.ts";
import { attempts } from "../db/schema.ts";
import { appendFacts, QUEUE_CHANNEL } from "../events/append.ts";
import { lockGeneration } from "./lock.ts";

export type AttemptRow = typeof attempts.$inferSelect;
type ProgressStep = Extract<LifecycleFact, { type: "attempt_progress" }>["step"];

export const findAttempt = async (context: Context, attemptId: string): Promise<AttemptRow | undefined> => {
  const [row] = await context.database.orm.select().from(attempts).where(eq(attempts.id, attemptId));
  return row;
};

/** Tells the browser where an attempt stands on its way to `running`. */
export const tellProgress = (
  orm: Orm,
  attempt: Pick<AttemptRow, "generationId" | "number">,
  step: ProgressStep,
  at: Date,
  text?: string,
): Promise<number> =>
  appendFacts(
    orm,
    attempt.generationId,
    [
      {
        type: "attempt_progress",
        attempt: attempt.number,
        step,
        ...(text ? { text: text.slice(0, 2_000) } : {}),
      },
    ],
    at,
  );

/**
 * Marks an attempt's task as gone and frees its vCPUs.
 * @returns false when it had ended before
 */
export const endAttempt = async (
  orm: Orm,
  attempt: Pick<AttemptRow, "id" | "generationId" | "number">,
  endedClass: string,
  detail: string,
  at: Date,
): Promise<boolean> => {
  const [ended] = await orm
    .update(attempts)
    .set({ endedAt: at, endedClass, endedDetail: detail.slice(0, 2_000) })
    .where(and(eq(attempts.id, attempt.id), isNull(attempts.endedAt)))
    .returning({ id: attempts.id });
  if (ended) await orm.execute(sql`select pg_notify(${QUEUE_CHANNEL}, '')`);
  return ended !== undefined;
};

/** Records that the task exists. Returns false when another launcher recorded one before. */
export const recordTask = async (context: Context, attempt: AttemptRef, taskArn: string): Promise<boolean> =>
  context.database.orm.transaction(async (orm) => {
    const at = context.now();
    await lockGeneration(orm, attempt.generationId);
    const [row] = await orm
      .update(attempts)
      .set({ taskArn, taskAcceptedAt: at })
      .where(and(eq(attempts.id, attempt.id), isNull(attempts.taskArn), isNull(attempts.endedAt)))
      .returning({ id: attempts.id });
    if (!row) return false;
    await tellProgress(orm, attempt, "task_accepted", at);
    return true;
  });

export type AttemptRef = Pick<AttemptRow, "id" | "generationId" | "number">;

/**
 * Takes over attempts that have no task and whose launcher is gone.
 * @param leaseMs how long the caller may take before it must renew
 */
export const adoptLaunches = async (context: Context, leaseMs: number): Promise<AttemptRow[]> => {
  const at = context.now();
  return context.database.orm
    .update(attempts)
    .set({ launchLeaseUntil: new Date(at.getTime() + leaseMs) })
    .where(and(isNull(attempts.endedAt), isNull(attempts.taskArn), lt(attempts.launchLeaseUntil, at)))
    .returning();
};

/** Keeps a launch. Returns false when the attempt ended or another launcher has it. */
export const renewLaunch = async (
  context: Context,
  attemptId: string,
  leaseMs: number,
  changes: { launchCount?: number; tokenHash?: string } = {},
): Promise<boolean> => {
  const at = context.now();
  const rows = await context.database.orm
    .update(attempts)
    .set({ ...changes, launchLeaseUntil: new Date(at.getTime() + leaseMs) })
    .where(
      and(
        eq(attempts.id, attemptId),
        isNull(attempts.endedAt),
        isNull(attempts.taskArn),
        gt(attempts.launchLeaseUntil, at),
      ),
    )
    .returning({ id: attempts.id });
  return rows.length > 0;
};

/** Asks once for a stop; the reason says why. Returns false when a stop was asked for before. */
export const requestStop = async (
  orm: Orm,
  attemptId: string,
  reason: string,
  at: Date,
): Promise<boolean> => {
  const rows = await orm
    .update(attempts)
    .set({ stopRequestedAt: at, stopReason: reason })
    .where(and(eq(attempts.id, attemptId), isNull(attempts.stopRequestedAt), isNull(attempts.endedAt)))
    .returning({ id: attempts.id });
  return rows.length > 0;
};
