/**
 * How a request enters the queue. A user's submissions are taken one at a time (an advisory lock
 * that ends with the transaction), so limits hold and a repeated `Idempotency-Key` finds its first
 * answer; the unique indexes on the key and on an app's active generation are what guarantees it.
 */
import { createHash } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { isFinal, type GenerationMode } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { UserContext } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { asActor, SERVICE, tx } from "../db/tx.ts";
import { apps, events, generations } from "../db/schema.ts";
import { QUEUE_CHANNEL } from "../events/append.ts";
import { Turns } from "./turns.ts";
import { QueueFull, queueFull, refuseAtTheDoor, reserveBudget } from "./admission.ts";
import { lockApp } from "../app/app.ts";
import { nameFromPrompt } from "../app/name.ts";
import { ApiFault } from "../fault.ts";
import { chosenBase, newestAnswer, newestBase, rejectExpired } from "./base.ts";
import { findGeneration } from "./view.ts";
import type { QueueView } from "./queue-view.ts";

/** First key of the advisory locks taken here; the second is the owner's hash. */
const SUBMIT_LOCK = 501_302;

const turns = new Turns();

/**
 * One submission of a user at a time, among all orchestrators. This process's own wait for each other before
 * they take a connection: else one user's would hold them all while they wait for the lock.
 */
export const enterAlone = <T>(context: UserContext, work: (orm: Orm) => Promise<T>): Promise<T> =>
  turns.take(context.userId, () =>
    tx(context, async ({ orm }) => {
      await orm.execute(sql`select pg_advisory_xact_lock(${SUBMIT_LOCK}, hashtext(${context.userId}))`);
      return work(orm);
    }),
  );

/** The `Idempotency-Key` header. */
export type Key = string | undefined;

interface Work {
  appId: string;
  prompt: string;
  mode: GenerationMode;
  baseGenerationId?: string;
  continuesId?: string;
}

export const hashOf = (request: unknown[]) =>
  createHash("sha256").update(JSON.stringify(request)).digest("hex");

/** The generation that was made with the same key before. @throws ApiFault `conflict` for another request */
export const findByKey = async (orm: Orm, ownerId: string, key: Key, requestHash: string) => {
  if (key === undefined) return undefined;
  const [earlier] = await orm
    .select({ id: generations.id, requestHash: generations.requestHash, deletedAt: apps.deletedAt })
    .from(generations)
    .innerJoin(apps, eq(apps.id, generations.appId))
    .where(and(eq(generations.ownerId, ownerId), eq(generations.idempotencyKey, key)));
  if (!earlier) return undefined;
  if (earlier.deletedAt) throw new ApiFault("conflict", "This Idempotency-Key made an app that was deleted.");
  if (earlier.requestHash === requestHash) return earlier.id;
  throw new ApiFault("conflict", "This Idempotency-Key was used for another request.");
};

const submit = (
  context: UserContext,
  queue: QueueView,
  key: Key,
  request: unknown[],
  prepare: (orm: Orm, at: Date) => Promise<Work>,
): Promise<string> => {
  const { config, userId: ownerId, now } = context;
  const enter = enterAlone(context, async (orm) => {
    const requestHash = hashOf(request);
    const earlier = await findByKey(orm, ownerId, key, requestHash);
    if (earlier) return earlier;

    const limits = await refuseAtTheDoor(context, orm, ownerId);
    const at = now();
    const work = await prepare(orm, at);
    const [generation] = await orm
      .insert(generations)
      .values({
        id: newId(),
        ownerId,
        ...work,
        state: "queued",
        maxAttempts: LIMITS.maxAttempts,
        memoryMib: config.LEO_GENERATOR_MEMORY_MIB,
        vcpu: config.LEO_GENERATOR_VCPU,
        availableAt: at,
        createdAt: at,
        lastSeq: 1,
        ...(key === undefined ? {} : { idempotencyKey: key, requestHash }),
      })
      .onConflictDoNothing()
      .returning({ id: generations.id });
    if (!generation) {
      throw new ApiFault(
        "conflict",
        "This app already has a request at work. Wait until it ends, or cancel it.",
      );
    }
    await orm.update(apps).set({ updatedAt: at }).where(eq(apps.id, work.appId));
    const queued = { type: "state_changed", state: "queued", attempt: 0 } as const;
    await orm
      .insert(events)
      .values({ generationId: generation.id, seq: 1, at, type: queued.type, body: queued });
    // Money is Leo's, not the user's.
    await asActor(SERVICE, () => reserveBudget(context, orm, { id: generation.id, ownerId }, limits, at));
    await orm.execute(sql`select pg_notify(${QUEUE_CHANNEL}, '')`);
    return generation.id;
  });
  return enter.catch(async (cause: unknown) => {
    throw cause instanceof QueueFull ? await queueFull(context, queue, cause) : cause;
  });
};

/** A new app and its first generation. @returns the generation's id */
export const submitApp = (
  context: UserContext,
  queue: QueueView,
  key: Key,
  { prompt, name, mode = "autonomous" }: { prompt: string; name?: string; mode?: GenerationMode },
) =>
  submit(context, queue, key, ["app", prompt, name, mode], async (orm, at) => {
    const appId = newId();
    await orm.insert(apps).values({
      id: appId,
      ownerId: context.userId,
      name: name ?? nameFromPrompt(prompt),
      createdAt: at,
      updatedAt: at,
    });
    return { appId, prompt, mode };
  });

/**
 * A follow-up on the newest version or draft, or on the one given. `startOver` begins with nothing.
 * @returns the generation's id
 */
export const submitFollowUp = (
  context: UserContext,
  queue: QueueView,
  key: Key,
  appId: string,
  body: { prompt: string; mode?: GenerationMode; baseGenerationId?: string; startOver?: boolean },
) => {
  const { prompt, mode = "autonomous", baseGenerationId: chosen, startOver = false } = body;
  return submit(context, queue, key, ["follow-up", appId, prompt, mode, chosen, startOver], async (orm) => {
    await lockApp(orm, context.userId, appId);
    const base = chosen ? await chosenBase(orm, context.userId, appId, chosen) : await newestBase(orm, appId);
    const baseGenerationId = startOver ? undefined : base;
    await rejectExpired(orm, context.config, baseGenerationId);
    const continuesId = startOver ? undefined : await newestAnswer(orm, appId, baseGenerationId);
    return { appId, prompt, mode, baseGenerationId, continuesId };
  });
};

/**
 * The same request again. It goes on from what the run has left; `startOver` begins where that run began.
 * @returns the new generation's id
 */
export const submitRetry = (
  context: UserContext,
  queue: QueueView,
  key: Key,
  generationId: string,
  { startOver = false }: { startOver?: boolean } = {},
) =>
  submit(context, queue, key, ["retry", generationId, startOver], async (orm) => {
    const row = await findGeneration(orm, context.userId, generationId);
    if (!isFinal(row.state)) throw new ApiFault("conflict", "This run has not ended yet. Cancel it first.");
    await lockApp(orm, context.userId, row.appId);
    const { appId, prompt, mode } = row;
    const leftWork = (row.state === "failed" || row.state === "cancelled") && row.attempt > 0;
    const baseGenerationId = leftWork && !startOver ? row.id : (row.baseGenerationId ?? undefined);
    await rejectExpired(orm, context.config, baseGenerationId);
    return { appId, prompt, mode, baseGenerationId, continuesId: row.continuesId ?? undefined };
  });
