/** Runs and what they cost, as tests of the ledger need them. */
import { eq } from "drizzle-orm";
import type { Context } from "../../src/app-context.ts";
import { ledger } from "../../src/db/schema.ts";
import { transition } from "../../src/generation/transition.ts";
import { claim } from "../../src/generation/claim.ts";
import { submitAs, withContext as withRealClock, type TestContext } from "./context.ts";

export const DAY_MS = 86_400_000;

/** On a clock that begins at six in the morning UTC, so that no test meets midnight by accident. */
export const withContext: typeof withRealClock = (settings, run) =>
  withRealClock(settings, (context) => {
    context.advance(DAY_MS - (context.now().getTime() % DAY_MS) + DAY_MS / 4);
    return run(context);
  });

export const ask = (context: Context, ownerId: string) =>
  submitAs(context, ownerId, { prompt: "a todo list" });

/** The newest attempt has cost this much so far, as its gateway counted. */
export const spend = (context: Context, id: string, usd: number) =>
  context.database.pool.query(
    `update leo.attempts a set cost_usd = $2 from leo.generations g
     where g.id = $1 and a.generation_id = g.id and a.number = g.attempt`,
    [id, usd],
  );

export const entriesOf = (context: Context, id: string) =>
  context.database.orm
    .select({
      attempt: ledger.attempt,
      reserved: ledger.reservedUsd,
      cost: ledger.costUsd,
      charged: ledger.chargedUsd,
    })
    .from(ledger)
    .where(eq(ledger.generationId, id))
    .orderBy(ledger.attempt);

/** A generation that runs. */
export const start = async (context: TestContext, ownerId: string) => {
  const id = await ask(context, ownerId);
  await claim(context, 1);
  await transition(context, id, { type: "ready" });
  return id;
};
