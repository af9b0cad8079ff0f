/**
 * How a request enters the queue. A user's submissions are taken one at a time (an advisory lock
 * that ends with the transaction), so limits hold and a repeated `Idempotency-Key` finds its first
 * answer; the unique indexes on the key and on an app's active generation are what guarantees it.
 */
import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type { CreatedApp } from "@leo/core/api.ts";
import { isFinal, type Generation, type GenerationMode } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { z } from "zod";
import type { UserContext } from "../app-context.ts";
import { touchApp, type AppRow } from "../app/app.ts";
import { nameFromPrompt } from "../app/name.ts";
import type { Orm, Tx } from "../db/database.ts";
import { lockSql } from "../db/locks.ts";
import { apps, generations } from "../db/schema.ts";
import { asActor, SERVICE, tx, useTx } from "../db/tx.ts";
import { QUEUE_CHANNEL } from "../events/append.ts";
import { ApiFault } from "../fault.ts";
import { lookAtTheDoor, rejectAtTheDoor, reserveBudget } from "./admission.ts";
import { describeApp, viewApp } from "./app-view.ts";
import { chosenBase, newestAnswer, newestBase, rejectExpired } from "./base.ts";
import { Turns } from "./turns.ts";
import { findGeneration, queuedRow, viewGeneration, viewOne, type GenerationRow } from "./view.ts";

const turns = new Turns();

/**
 * One transaction of a user at a time, among all orchestrators: what is counted in it stays true until it is
 * committed. This process's own wait for each other before they take a connection: else one user's would hold
 * them all while they wait for the lock.
 */
export const inTurn = <T>(context: UserContext, work: (tx: Tx) => Promise<T>): Promise<T> =>
  turns.take(context.userId, () => tx(context, work, lockSql("submission", context.userId)));

/** The `Idempotency-Key` header. */
export type Key = string | undefined;

/** What is asked for, before it has entered the queue. */
interface Work {
  app: AppRow;
  prompt: string;
  mode: GenerationMode;
  baseGenerationId?: string;
  continuesId?: string;
}

export const hashOf = (request: unknown[]) =>
  createHash("sha256").update(JSON.stringify(request)).digest("hex");

/**
 * The generation that was made with the same key before.
 * @returns its id; undefined when there is none
 * @throws ApiFault `conflict` for another request
 */
export const earlierOf = (
  { earlier, earlierApp }: Pick<Awaited<ReturnType<typeof lookAtTheDoor>>, "earlier" | "earlierApp">,
  requestHash: string,
): string | undefined => {
  if (!earlier) return undefined;
  if (earlierApp?.deletedAt)
    throw new ApiFault("conflict", "This Idempotency-Key made an app that was deleted.");
  if (earlier.requestHash === requestHash) return earlier.id;
  throw new ApiFault("conflict", "This Idempotency-Key was used for another request.");
};

/** Stores the generation with its first event. @throws ApiFault `conflict` while another one of the app is at work */
const enter = async (
  { config, userId: ownerId }: UserContext,
  { app, ...work }: Work,
  at: Date,
  key: { idempotencyKey: string; requestHash: string } | undefined,
): Promise<GenerationRow> => {
  const { orm } = useTx();
  const [inserted] = await orm
    .insert(generations)
    .values({
      id: newId(),
      appId: app.id,
      ownerId,
      ...work,
      state: "queued",
      maxAttempts: LIMITS.maxAttempts,
      memoryMib: config.LEO_GENERATOR_MEMORY_MIB,
      vcpu: config.LEO_GENERATOR_VCPU,
      availableAt: at,
      createdAt: at,
      lastSeq: 1,
      ...key,
    })
    .onConflictDoNothing()
    .returning();
  if (!inserted) {
    throw new ApiFault(
      "conflict",
      "This app already has a request at work. Wait until it ends, or cancel it.",
    );
  }
  const queued = JSON.stringify({ type: "state_changed", state: "queued", attempt: 0 });
  // Not with the generation: the policy of `events` looks for it, and sees what earlier statements did.
  await orm.execute(sql`
    with told as (
      insert into leo.events (generation_id, seq, at, type, body)
      values (${inserted.id}, 1, ${at.toISOString()}::timestamptz, 'state_changed', ${queued}::json)
    ) select pg_notify(${QUEUE_CHANNEL}, '')`);
  return queuedRow(inserted, app);
};

/**
 * @param view what is returned of the generation; its app is given when it has just entered, and not for a repeat
 */
const submit = <T>(
  context: UserContext,
  key: Key,
  request: unknown[],
  prepare: (orm: Orm, at: Date) => Promise<Work>,
  view: (generation: Generation, app?: AppRow) => T | Promise<T>,
): Promise<T> =>
  inTurn(context, async ({ orm }) => {
    const requestHash = hashOf(request);
    const door = await lookAtTheDoor(orm, context.userId, key);
    const earlier = earlierOf(door, requestHash);
    if (earlier) return view(await viewGeneration(context, earlier));

    const limits = await rejectAtTheDoor(context, door);
    const at = context.now();
    const work = await prepare(orm, at);
    const keyed = key === undefined ? undefined : { idempotencyKey: key, requestHash };
    const row = await enter(context, work, at, keyed);
    // Money is Leo's, not the user's. Its lock is everybody's, so it comes last.
    const generation = await asActor(SERVICE, async () => {
      const placed = await viewOne(context, row);
      await reserveBudget(context, { id: row.id, ownerId: context.userId }, limits, at);
      return placed;
    });
    return view(generation, work.app);
  });

/** A new app and its first generation. @returns both as they are now */
export const submitApp = (
  context: UserContext,
  key: Key,
  { prompt, name, mode = "autonomous" }: { prompt: string; name?: string; mode?: GenerationMode },
): Promise<z.infer<typeof CreatedApp>> => {
  const prepare = async (orm: Orm, at: Date): Promise<Work> => {
    const named = name ?? nameFromPrompt(prompt);
    const [app] = await orm
      .insert(apps)
      .values({ id: newId(), ownerId: context.userId, name: named, createdAt: at, updatedAt: at })
      .returning();
    if (!app) throw new Error("the app was not stored");
    return { app, prompt, mode };
  };
  return submit(context, key, ["app", prompt, name, mode], prepare, async (generation, app) => ({
    app: app ? describeApp(context, app, generation) : await viewApp(context, generation.appId),
    generation,
  }));
};

/**
 * A follow-up on the newest version or draft, or on the one given. `startOver` begins with nothing.
 * @returns the generation as it is now
 */
export const submitFollowUp = (
  context: UserContext,
  key: Key,
  appId: string,
  body: { prompt: string; mode?: GenerationMode; baseGenerationId?: string; startOver?: boolean },
): Promise<Generation> => {
  const { prompt, mode = "autonomous", baseGenerationId: chosen, startOver = false } = body;
  const request = ["follow-up", appId, prompt, mode, chosen, startOver];
  const prepare = async (orm: Orm, at: Date): Promise<Work> => {
    const app = await touchApp(orm, context.userId, appId, at);
    const base = chosen ? await chosenBase(orm, context.userId, appId, chosen) : await newestBase(orm, appId);
    const baseGenerationId = startOver ? undefined : base;
    await rejectExpired(orm, context.config, baseGenerationId);
    const continuesId = startOver ? undefined : await newestAnswer(orm, appId, baseGenerationId);
    return { app, prompt, mode, baseGenerationId, continuesId };
  };
  return submit(context, key, request, prepare, (generation) => generation);
};

/**
 * The same request again. It goes on from what the run has left; `startOver` begins where that run began.
 * @returns the new generation as it is now
 */
export const submitRetry = (
  context: UserContext,
  key: Key,
  generationId: string,
  { startOver = false }: { startOver?: boolean } = {},
): Promise<Generation> => {
  const prepare = async (orm: Orm, at: Date): Promise<Work> => {
    const row = await findGeneration(orm, context.userId, generationId);
    if (!isFinal(row.state)) throw new ApiFault("conflict", "This run has not ended yet. Cancel it first.");
    const app = await touchApp(orm, context.userId, row.appId, at);
    const { prompt, mode } = row;
    const leftWork = (row.state === "failed" || row.state === "cancelled") && row.attempt > 0;
    const baseGenerationId = leftWork && !startOver ? row.id : (row.baseGenerationId ?? undefined);
    await rejectExpired(orm, context.config, baseGenerationId);
    return { app, prompt, mode, baseGenerationId, continuesId: row.continuesId ?? undefined };
  };
  return submit(context, key, ["retry", generationId, startOver], prepare, (generation) => generation);
};
