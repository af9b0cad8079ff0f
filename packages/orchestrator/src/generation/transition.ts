import { and, eq, sql } from "drizzle-orm";
import type { FailureCode } from "@leo/core/failure.ts";
import { isFinal } from "@leo/core/generation.ts";
import { decide, faultOf, type Decision, type LifecycleInput, type Wait } from "@leo/core/lifecycle.ts";
import type { Config } from "../config.ts";
import { waitingFor } from "@leo/core/waiting.ts";
import type { Context } from "../app-context.ts";
import { tx, type Transactor } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { generations } from "../db/schema.ts";
import { appendFacts, CONTROL_CHANNEL, QUEUE_CHANNEL } from "../events/append.ts";
import { billOf, carryOver, settle } from "../limits/ledger.ts";
import { pauseLaunches } from "../limits/model-pause.ts";
import { returnUntaken } from "./messages.ts";

export type GenerationRow = typeof generations.$inferSelect;

export interface Transition {
  generation: GenerationRow;
  decision: Decision;
}

/** A failed attempt waits this long before the next one. */
const RETRY_DELAY_MS = 1_000;

/**
 * What a decision to wait means for the row. The attempt that has met the fault does not count, so the run may
 * have one more. While launches are paused nothing is started, so it need not wait for a time of its own.
 */
const waitingColumns = async (
  orm: Orm,
  config: Config,
  row: GenerationRow,
  { code, durationMs, pausesLaunches }: Wait,
  now: Date,
) => {
  const pause = { code, ownerId: row.ownerId, at: now, probeMs: config.LEO_MODEL_PROBE_MS };
  const isPaused = pausesLaunches && (await pauseLaunches(orm, pause));
  return {
    waitCode: code,
    waits: row.waits + (isPaused ? 0 : 1),
    maxAttempts: row.maxAttempts + 1,
    availableAt: isPaused ? now : new Date(now.getTime() + durationMs),
  };
};

const viewWaiting = (
  { LEO_MODE: mode }: Config,
  { waitCode, availableAt }: { waitCode: FailureCode; availableAt: Date },
  now: Date,
) => waitingFor(waitCode, mode === "local", availableAt > now ? availableAt : undefined);

/** What the row of a generation that is back in the queue keeps of the changes: its draft is for its end. */
const backInQueue = (
  { artifactPrefix: _prefix, manifest: _manifest, ...changes }: Partial<GenerationRow>,
  now: Date,
) => ({
  availableAt: new Date(now.getTime() + RETRY_DELAY_MS),
  ...changes,
});

const applyInput = async (
  orm: Orm,
  config: Config,
  generationId: string,
  input: LifecycleInput,
  now: Date,
  attempt?: number,
  changes: Partial<GenerationRow> = {},
): Promise<Transition | undefined> => {
  const [row] = await orm.select().from(generations).where(eq(generations.id, generationId)).for("update");
  if (!row || (attempt !== undefined && row.attempt !== attempt)) return undefined;
  const bill = await billOf(orm, { generation: row, fault: faultOf(input), at: now }, config);
  const status = {
    ...row,
    cancelRequested: row.cancelRequestedAt !== null,
    isSpent: bill.isSpent,
    ageMs: now.getTime() - row.createdAt.getTime(),
  };
  const decision = decide(status, input);
  if (!decision) return undefined;
  const { state, failure, wait } = decision;
  const waiting = wait && (await waitingColumns(orm, config, row, wait, now));
  const [generation] = await orm
    .update(generations)
    .set({
      ...(state === "queued" ? backInQueue(changes, now) : changes),
      ...(isFinal(state) ? { waitCode: null } : waiting),
      state,
      failure: failure ?? null,
      ...(input.type === "cancel_requested" ? { cancelRequestedAt: now } : {}),
      ...(input.type === "launch_deferred" ? { attempt: row.attempt - 1 } : {}),
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
      ...(waiting ? { waiting: viewWaiting(config, waiting, now) } : {}),
    } as const;
    await appendFacts(orm, generationId, [fact], now);
  }
  await orm.execute(
    sql`select pg_notify(${QUEUE_CHANNEL}, ''), pg_notify(${CONTROL_CHANNEL}, ${generationId})`,
  );
  return { generation, decision };
};

/**
 * Applies an input to a generation, with the row locked. As Leo: a user's own request acts as `SERVICE` for it.
 * Carries out no effect: the caller does, after the commit.
 * @param attempt the attempt the input is about; another current attempt makes it a no-op
 * @param changes further columns to set together with the state
 * @returns undefined when the input changes nothing
 */
export const transition = (
  context: Transactor & Pick<Context, "config" | "now">,
  generationId: string,
  input: LifecycleInput,
  attempt?: number,
  changes?: Partial<GenerationRow>,
): Promise<Transition | undefined> =>
  tx(context, ({ orm }) =>
    applyInput(orm, context.config, generationId, input, context.now(), attempt, changes),
  );
