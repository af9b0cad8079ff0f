import { and, eq, isNull, sql } from "drizzle-orm";
import type { LifecycleFact } from "@leo/core/event.ts";
import type { Context } from "../app-context.ts";
import { isFree, leaseUntil } from "../db/lease.ts";
import { tx } from "../db/tx.ts";
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

export type AttemptRef = Pick<AttemptRow, "id" | "generationId" | "number">;

/**
 * Records that the attempt's task exists.
 * @returns false when the attempt has another task, or has ended
 */
export const recordTask = (context: Context, attempt: AttemptRef, taskArn: string): Promise<boolean> =>
  tx(context, async ({ orm }) => {
    await lockGeneration(orm, attempt.generationId);
    const [row] = await orm
      .select({ taskArn: attempts.taskArn, endedAt: attempts.endedAt })
      .from(attempts)
      .where(eq(attempts.id, attempt.id));
    if (!row || row.endedAt) return false;
    if (row.taskArn !== null) return row.taskArn === taskArn;
    const at = context.now();
    await orm.update(attempts).set({ taskArn, taskAcceptedAt: at }).where(eq(attempts.id, attempt.id));
    await tellProgress(orm, attempt, "task_accepted", at);
    return true;
  });

const leaseFrom = ({ now, config }: Context) => leaseUntil(now(), config.LEO_LAUNCH_LEASE_MS);

/** Takes over attempts that have no task and whose launcher is gone. */
export const adoptLaunches = async (context: Context): Promise<AttemptRow[]> =>
  context.database.orm
    .update(attempts)
    .set({ launchLeaseUntil: leaseFrom(context) })
    .where(
      and(
        isNull(attempts.endedAt),
        isNull(attempts.taskArn),
        isFree(attempts.launchLeaseUntil, context.now()),
      ),
    )
    .returning();

/** The attempt while it is the holder's to launch: who adopts it gives it another token. */
const heldLaunch = (attemptId: string, tokenHash: string) =>
  and(
    eq(attempts.id, attemptId),
    eq(attempts.tokenHash, tokenHash),
    isNull(attempts.endedAt),
    isNull(attempts.taskArn),
  );

/**
 * Keeps a launch.
 * @param tokenHash of the holder's token
 * @returns false when the attempt ended, has a task, or another launcher has it
 */
export const renewLaunch = async (
  context: Context,
  attemptId: string,
  tokenHash: string,
  changes: Partial<Pick<AttemptRow, "launchCount" | "tokenHash" | "previousTokenHash">> = {},
): Promise<boolean> => {
  const rows = await context.database.orm
    .update(attempts)
    .set({ ...changes, launchLeaseUntil: leaseFrom(context) })
    .where(heldLaunch(attemptId, tokenHash))
    .returning({ id: attempts.id });
  return rows.length > 0;
};

/** Lets another orchestrator adopt a launch at once. */
export const releaseLaunch = async (
  context: Context,
  attemptId: string,
  tokenHash: string,
): Promise<void> => {
  await context.database.orm
    .update(attempts)
    .set({ launchLeaseUntil: new Date(0) })
    .where(heldLaunch(attemptId, tokenHash));
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
