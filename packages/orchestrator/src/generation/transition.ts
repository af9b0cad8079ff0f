/** The one place where a generation changes its state: it carries out what `decide` says. */
import { and, eq, sql } from "drizzle-orm";
import { isFinal } from "@leo/core/generation.ts";
import {
  decide,
  faultOf,
  type Decision,
  type LifecycleInput,
  type Money,
  type Wait,
} from "@leo/core/lifecycle.ts";
import type { LifecycleFact } from "@leo/core/event.ts";
import { waitingFor } from "@leo/core/waiting.ts";
import type { Context } from "../app-context.ts";
import type { Config } from "../config.ts";
import type { Orm } from "../db/database.ts";
import { generations } from "../db/schema.ts";
import { tx, type Transactor } from "../db/tx.ts";
import { appendFacts, CONTROL_CHANNEL, QUEUE_CHANNEL } from "../events/append.ts";
import { billOf, carryOver, settle } from "../limits/ledger.ts";
import { pauseLaunches } from "../limits/model-pause.ts";
import { returnUntaken } from "./messages.ts";

export type GenerationRow = typeof generations.$inferSelect;

export interface Transition {
  generation: GenerationRow;
  decision: Decision;
}

/** What an attempt has uploaded, and what the next one needs. */
export type AttemptResult = Partial<
  Pick<GenerationRow, "artifactPrefix" | "manifest" | "memoryMib" | "onDemand">
>;

/** @returns how the generation waits in the queue, with launches paused if that was decided and is believed */
const waitOf = async (
  orm: Orm,
  { LEO_MODEL_PROBE_MS: probeMs }: Config,
  { ownerId }: GenerationRow,
  { wait, pause }: Decision,
  at: Date,
): Promise<Wait | undefined> => {
  const isPaused = pause?.code && (await pauseLaunches(orm, { code: pause.code, ownerId, at, probeMs }));
  return isPaused ? pause : wait;
};

const columnsOf = (
  decision: Decision,
  row: GenerationRow,
  found: AttemptResult,
  wait: Wait | undefined,
  now: Date,
) => {
  const { state, attempt, maxAttempts, failure, cancelRequested, files } = decision;
  const { artifactPrefix: _prefix, manifest: _manifest, ...withoutFiles } = found;
  return {
    ...(files === "record" ? found : withoutFiles),
    state,
    attempt,
    maxAttempts,
    failure: failure ?? null,
    waitCode: wait?.code ?? null,
    ...(wait ? { waits: wait.waits, availableAt: new Date(now.getTime() + wait.delayMs) } : {}),
    ...(cancelRequested && row.cancelRequestedAt === null ? { cancelRequestedAt: now } : {}),
    ...(isFinal(state) ? { finishedAt: now } : {}),
  };
};

/** @param ended number of the attempt that is over */
const moveMoney = async (orm: Orm, money: Money, generationId: string, ended: number, at: Date) => {
  if (money.do === "settle") await settle(orm, generationId, at, money.fault);
  if (money.do === "carry_over") await carryOver(orm, generationId, ended, at, money.fault);
};

const factOf = (
  { state, attempt, failure, next }: Decision,
  wait: Wait | undefined,
  { LEO_MODE: mode }: Config,
  now: Date,
): LifecycleFact => {
  if (next === "stop") return { type: "attempt_progress", attempt, step: "stopping" };
  const until = wait && wait.delayMs > 0 ? new Date(now.getTime() + wait.delayMs) : undefined;
  return {
    type: "state_changed",
    state,
    attempt,
    ...(failure ? { failure } : {}),
    ...(wait?.code ? { waiting: waitingFor(wait.code, mode === "local", until) } : {}),
  };
};

const applyInput = async (
  orm: Orm,
  config: Config,
  generationId: string,
  input: LifecycleInput,
  now: Date,
  attempt?: number,
  found: AttemptResult = {},
): Promise<Transition | undefined> => {
  const [row] = await orm.select().from(generations).where(eq(generations.id, generationId)).for("update");
  if (!row || (attempt !== undefined && row.attempt !== attempt)) return undefined;
  const isOver = "failure" in input && input.failure !== undefined;
  const bill = isOver && (await billOf(orm, { generation: row, fault: faultOf(input), at: now }, config));
  const decision = decide(
    {
      ...row,
      ...bill,
      cancelRequested: row.cancelRequestedAt !== null,
      ageMs: now.getTime() - row.createdAt.getTime(),
    },
    input,
  );
  if (!decision) return undefined;
  const wait = await waitOf(orm, config, row, decision, now);
  const [generation] = await orm
    .update(generations)
    .set(columnsOf(decision, row, found, wait, now))
    .where(and(eq(generations.id, generationId), eq(generations.state, row.state)))
    .returning();
  if (!generation) return undefined;
  await moveMoney(orm, decision.money, generationId, row.attempt, now);
  if (decision.messages === "return") await returnUntaken(orm, generationId, now);
  await appendFacts(orm, generationId, [factOf(decision, wait, config, now)], now);
  await orm.execute(
    sql`select pg_notify(${QUEUE_CHANNEL}, ''), pg_notify(${CONTROL_CHANNEL}, ${generationId})`,
  );
  return { generation, decision };
};

/**
 * Applies an input to a generation, with the row locked. As Leo: a user's own request acts as `SERVICE` for it.
 * What comes next is the caller's, see `next.ts`.
 * @param attempt the attempt the input is about; another current attempt makes it a no-op
 * @param found what is known of the attempt besides; its files are recorded when the decision says so
 * @returns undefined when the input changes nothing
 */
export const transition = (
  context: Transactor & Pick<Context, "config" | "now">,
  generationId: string,
  input: LifecycleInput,
  attempt?: number,
  found?: AttemptResult,
): Promise<Transition | undefined> =>
  tx(context, ({ orm }) =>
    applyInput(orm, context.config, generationId, input, context.now(), attempt, found),
  );
