import { and, eq, sql } from "drizzle-orm";
import { isFinal } from "@leo/core/generation.ts";
import { decide, faultOf, type Decision, type LifecycleInput } from "@leo/core/lifecycle.ts";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";
import type { Orm } from "../db/database.ts";
import { generations } from "../db/schema.ts";
import { appendFacts, CONTROL_CHANNEL, QUEUE_CHANNEL } from "../events/append.ts";
import { billOf, carryOver, settle } from "../domain/limits/ledger.ts";
import { returnUntaken } from "./user-messages.ts";

export type GenerationRow = typeof generations.$inferSelect;

export interface Transition {
  generation: GenerationRow;
  decision: Decision;
}

/** A failed attempt waits this long before the next one. */
const RETRY_DELAY_MS = 1_000;

/**
 * Applies an input to a generation in the caller's transaction, with the row locked.
 * @param attempt the attempt the input is about; another current attempt makes it a no-op
 * @param changes further columns to set together with the state
 * @returns undefined when the input changes nothing
 */
export const transitionIn = async (
  orm: Orm,
  config: Pick<Config, "LEO_FREE_ATTEMPTS_PER_DAY">,
  generationId: string,
  input: LifecycleInput,
  now: Date,
  attempt?: number,
  changes: Partial<GenerationRow> = {},
): Promise<Transition | undefined> => {
  const [row] = await orm.select().from(generations).where(eq(generations.id, generationId)).for("update");
  if (!row || (attempt !== undefined && row.attempt !== attempt)) return undefined;
  const bill = await billOf(orm, { generation: row, fault: faultOf(input), at: now }, config);
  const status = { ...row, cancelRequested: row.cancelRequestedAt !== null, isSpent: bill.isSpent };
  const decision = decide(status, input);
  if (!decision) return undefined;
  const { state, failure } = decision;
  const [generation] = await orm
    .update(generations)
    .set({
      ...changes,
      state,
      failure: failure ?? null,
      ...(input.type === "cancel_requested" ? { cancelRequestedAt: now } : {}),
      ...(input.type === "launch_deferred" ? { attempt: row.attempt - 1 } : {}),
      ...(state === "queued" && changes.availableAt === undefined
        ? { availableAt: new Date(now.getTime() + RETRY_DELAY_MS) }
        : {}),
      ...(isFinal(state) ? { finishedAt: now } : {}),
    })
    .where(and(eq(generations.id, generationId), eq(generations.state, row.state)))
    .returning();
  if (!generation) return undefined;
  if (isFinal(state)) {
    await settle(orm, generationId, now, bill.fault);
    await returnUntaken(orm, generationId, now);
  }
  // Not the end, so another attempt follows.
  if (!isFinal(state) && "failure" in input && input.failure)
    await carryOver(orm, generationId, row.attempt, now, bill.fault);
  if (state === row.state) {
    const step = { type: "attempt_progress", attempt: row.attempt, step: "stopping" } as const;
    await appendFacts(orm, generationId, [step], now);
  } else {
    const fact = {
      type: "state_changed",
      state,
      attempt: generation.attempt,
      ...(failure ? { failure } : {}),
    } as const;
    await appendFacts(orm, generationId, [fact], now);
  }
  await orm.execute(
    sql`select pg_notify(${QUEUE_CHANNEL}, ''), pg_notify(${CONTROL_CHANNEL}, ${generationId})`,
  );
  return { generation, decision };
};

/** Applies an input in a transaction of its own. Carries out no effect: the caller does, after the commit. */
export const transition = (
  context: Context,
  generationId: string,
  input: LifecycleInput,
  attempt?: number,
  changes?: Partial<GenerationRow>,
): Promise<Transition | undefined> =>
  context.database.transaction((orm) =>
    transitionIn(orm, context.config, generationId, input, context.now(), attempt, changes),
  );
