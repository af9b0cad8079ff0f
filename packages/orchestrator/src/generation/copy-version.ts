/**
 * A version made of another one's files, without a run and without cost: an old version restored as
 * the newest of its app, or any version as the first of a new app. The objects are copied, so that
 * the copy lives its own thirty days and outlives the app it came from.
 */
import { and, count, eq, gte, isNotNull, lte, min, notInArray } from "drizzle-orm";
import { attemptPrefix } from "@leo/core/artifact.ts";
import type { LifecycleFact } from "@leo/core/event.ts";
import type { CreatedApp } from "@leo/core/api.ts";
import { FINAL_STATES, type Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { z } from "zod";
import type { UserContext } from "../app-context.ts";
import type { Orm, Tx } from "../db/database.ts";
import { asActor, SERVICE, tx } from "../db/tx.ts";
import { apps, events, generations } from "../db/schema.ts";
import { lookAtTheDoor, refuseSuspended } from "./admission.ts";
import { copyFiles, manifestOfCopy, removeCopied } from "../version/copied-files.ts";
import { ApiFault } from "../fault.ts";
import { viewApp } from "./app-view.ts";
import { findGeneration, viewGeneration } from "./view.ts";
import { limitFault, timeInWords } from "../limits/limit-fault.ts";
import { pushAutomatically } from "../github/app-github.ts";
import { lockApp } from "../app/app.ts";
import { earlierOf, hashOf, inTurn, type Key } from "./submit.ts";
import { newestVersion } from "./base.ts";
import { findVersion, type Version } from "../version/version.ts";

/** Nothing is written under a copy's prefix but by its first and only attempt: the copying. */
const ATTEMPT = 1;
const DAY_MS = 24 * 3_600_000;

/** A copy costs nothing but room in the bucket. @throws ApiFault `limit_reached` */
const refuseTooMany = async (orm: Orm, ownerId: string, at: Date) => {
  const since = new Date(at.getTime() - DAY_MS);
  const [{ made, first } = { made: 0, first: null }] = await orm
    .select({ made: count(), first: min(generations.createdAt) })
    .from(generations)
    .where(
      and(
        eq(generations.ownerId, ownerId),
        gte(generations.createdAt, since),
        isNotNull(generations.copiedFromId),
      ),
    );
  if (made < LIMITS.copiesPerDay || !first) return;
  const freesAt = new Date(first.getTime() + DAY_MS);
  throw limitFault(
    "limit_reached",
    `You have copied or restored ${made} versions in the last 24 hours, the limit is ${LIMITS.copiesPerDay}. The next is taken ${timeInWords(freesAt, at)}.`,
    { limit: "copies_per_day", max: LIMITS.copiesPerDay, current: made },
    { freesAt, now: at },
  );
};

/** How many versions the app had when this one was made, itself included. */
const versionNumber = async (orm: Orm, { appId, generationId }: Version): Promise<number> => {
  const made = orm
    .select({ at: generations.createdAt })
    .from(generations)
    .where(eq(generations.id, generationId));
  const [{ number } = { number: 1 }] = await orm
    .select({ number: count() })
    .from(generations)
    .where(
      and(eq(generations.appId, appId), eq(generations.state, "completed"), lte(generations.createdAt, made)),
    );
  return Math.max(number, 1);
};

const refuseWhileAtWork = async (orm: Orm, appId: string) => {
  const [active] = await orm
    .select({ id: generations.id })
    .from(generations)
    .where(and(eq(generations.appId, appId), notInArray(generations.state, [...FINAL_STATES])));
  if (active) {
    throw new ApiFault("conflict", "This app has a request at work. Wait until it ends, or cancel it.");
  }
};

const findCompleted = async (orm: Orm, ownerId: string, id: string) => {
  const row = await findGeneration(orm, ownerId, id);
  if (row.state !== "completed") throw new ApiFault("conflict", "Only a completed version can be copied.");
  return { row, version: await findVersion(orm, ownerId, id) };
};

const isStored = async (orm: Orm, id: string) =>
  (await orm.select({ id: generations.id }).from(generations).where(eq(generations.id, id))).length > 0;

/** What the copy's timeline tells. */
const factsOf = async (orm: Orm, version: Version, { appId }: Target): Promise<LifecycleFact[]> => [
  {
    type: "version_copied",
    fromGenerationId: version.generationId,
    fromVersion: await versionNumber(orm, version),
    ...(version.appId === appId ? {} : { fromApp: version.appName }),
  },
  { type: "state_changed", state: "completed", attempt: ATTEMPT },
];

interface Target {
  appId: string;
  /** In the transaction that makes the version visible. @returns the version that it comes after */
  prepare: (orm: Orm, at: Date) => Promise<string | undefined>;
}

const copy = async (
  context: UserContext,
  key: Key,
  request: unknown[],
  sourceId: string,
  targetOf: (version: Version) => Target,
): Promise<string> => {
  const { config, userId: ownerId, now } = context;
  const requestHash = hashOf(request);
  const begin = await tx(context, async ({ orm }) => {
    const door = await lookAtTheDoor(orm, ownerId, key);
    const earlier = earlierOf(door, requestHash);
    if (earlier) return { earlier };
    refuseSuspended(door.user ?? undefined);
    await refuseTooMany(orm, ownerId, now());
    return findCompleted(orm, ownerId, sourceId);
  });
  if ("earlier" in begin) return begin.earlier;

  const { row, version } = begin;
  const target = targetOf(version);
  const generationId = newId();
  const prefix = attemptPrefix(target.appId, generationId, ATTEMPT);
  const manifest = manifestOfCopy(version, { appId: target.appId, generationId, attempt: ATTEMPT }, prefix);
  const enter = async ({ orm }: Tx): Promise<string> => {
    const meanwhile = earlierOf(await lookAtTheDoor(orm, ownerId, key), requestHash);
    if (meanwhile) return meanwhile;
    const at = now();
    await refuseTooMany(orm, ownerId, at);
    const baseGenerationId = await target.prepare(orm, at);
    const facts = await factsOf(orm, version, target);
    // That a version is complete is Leo's word, not the user's.
    await asActor(SERVICE, async () => {
      await orm.insert(generations).values({
        id: generationId,
        appId: target.appId,
        ownerId,
        prompt: row.prompt,
        mode: row.mode,
        state: "completed",
        baseGenerationId,
        copiedFromId: sourceId,
        attempt: ATTEMPT,
        maxAttempts: ATTEMPT,
        memoryMib: config.LEO_GENERATOR_MEMORY_MIB,
        vcpu: config.LEO_GENERATOR_VCPU,
        lastSeq: facts.length,
        artifactPrefix: prefix,
        manifest,
        createdAt: at,
        startedAt: at,
        finishedAt: at,
        ...(key === undefined ? {} : { idempotencyKey: key, requestHash }),
      });
      await orm
        .insert(events)
        .values(
          facts.map((fact, index) => ({ generationId, seq: index + 1, at, type: fact.type, body: fact })),
        );
    });
    await orm.update(apps).set({ updatedAt: at }).where(eq(apps.id, target.appId));
    await pushAutomatically(orm, at, { id: generationId, appId: target.appId });
    return generationId;
  };
  try {
    await copyFiles(context, version, prefix, manifest);
    return await inTurn(context, enter);
  } finally {
    // Asked, not remembered: a commit may have happened although its answer was lost.
    if (!(await tx(context, ({ orm }) => isStored(orm, generationId)))) await removeCopied(context, prefix);
  }
};

/**
 * Makes an old version the newest of its app again.
 * @returns the new version
 * @throws ApiFault `not_found`; `conflict` while a request is at work, or when it made no version
 */
export const restoreVersion = async (
  context: UserContext,
  key: Key,
  generationId: string,
): Promise<Generation> => {
  const id = await copy(context, key, ["restore", generationId], generationId, ({ appId }) => ({
    appId,
    prepare: async (orm) => {
      await lockApp(orm, context.userId, appId);
      await refuseWhileAtWork(orm, appId);
      return newestVersion(orm, appId);
    },
  }));
  return viewGeneration(context, id);
};

/**
 * Makes a version the first of a new app.
 * @param name of the new app; absent: that of the old one, said to be a copy
 * @returns the new app and its version
 * @throws ApiFault `not_found`; `conflict` when it made no version
 */
export const forkVersion = async (
  context: UserContext,
  key: Key,
  generationId: string,
  name?: string,
): Promise<z.infer<typeof CreatedApp>> => {
  const appId = newId();
  const id = await copy(context, key, ["fork", generationId, name], generationId, ({ appName }) => ({
    appId,
    prepare: async (orm, at) => {
      await orm.insert(apps).values({
        id: appId,
        ownerId: context.userId,
        name: name ?? copyName(appName),
        createdAt: at,
        updatedAt: at,
      });
      return undefined;
    },
  }));
  return tx(context, async () => {
    const generation = await viewGeneration(context, id);
    return { app: await viewApp(context, generation.appId), generation };
  });
};

const COPY_SUFFIX = " (copy)";

const copyName = (name: string) => name.slice(0, LIMITS.appNameMaxChars - COPY_SUFFIX.length) + COPY_SUFFIX;
