/**
 * Objects in the bucket that belong to nothing. Anything that runs in a generator's task can fetch the task's role,
 * and with it create any number of objects anywhere under `apps/`.
 */
import { eq, inArray, sql } from "drizzle-orm";
import { manifestKey } from "@leo/core/artifact.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../app-context.ts";
import { attempts, generations } from "../db/schema.ts";
import { CONTROL_CHANNEL } from "../events/append.ts";
import { namedKeys, newestCheckpoint } from "../version/artifact.ts";
import type { ListedObject } from "../storage/storage.ts";
import type { ObjectGroup } from "./group.ts";

export interface Removed {
  objects: number;
  sizeBytes: number;
  /** Some of the prefixes they were under. */
  prefixes: string[];
}

const KEYS_PER_DELETE = 1_000;
const PREFIXES_TOLD = 20;

interface Holder {
  id: string;
  appId: string;
  artifactPrefix: string | null;
  isFinished: boolean;
  /** How many objects its manifest names, itself included. */
  namedCount: number;
  attempts: { id: string; number: number; isOpen: boolean }[] | null;
}

/** The generations that these groups would belong to, by id. */
const holdersOf = async (
  { database: { orm } }: Context,
  groups: ObjectGroup[],
): Promise<Map<string, Holder>> => {
  const ids = [...new Set(groups.flatMap(({ owner }) => owner?.generationId ?? []))];
  if (ids.length === 0) return new Map();
  const listLength = (name: string) =>
    sql`coalesce(jsonb_array_length(${generations.manifest} -> ${name}), 0)`;
  const rows = await orm
    .select({
      id: generations.id,
      appId: generations.appId,
      artifactPrefix: generations.artifactPrefix,
      isFinished: sql<boolean>`${generations.finishedAt} is not null`,
      namedCount: sql<number>`coalesce((${listLength("source")} + ${listLength("dist")} + 1
        + (${generations.manifest} ? 'checkpoint')::int + (${generations.manifest} ? 'screenshot')::int)::int, 0)`,
      attempts: sql<Holder["attempts"]>`(
        select json_agg(json_build_object('id', a.id, 'number', a.number, 'isOpen', a.ended_at is null))
        from leo.attempts a where a.generation_id = generations.id)`,
    })
    .from(generations)
    .where(inArray(generations.id, ids));
  return new Map(rows.map((row) => [row.id, row]));
};

/** Ends a run that has uploaded more than it may, as if it had written too many events. */
const cut = async ({ database: { orm }, now, log }: Context, attemptId: string, generationId: string) => {
  const changed = await orm
    .update(attempts)
    .set({ cutAt: now() })
    .where(sql`${attempts.id} = ${attemptId} and ${attempts.cutAt} is null and ${attempts.endedAt} is null`)
    .returning({ id: attempts.id });
  if (changed.length === 0) return;
  log.warn({ event: "uploads_too_large", generationId, attemptId }, "a run has uploaded more than it may");
  await orm.execute(sql`select pg_notify(${CONTROL_CHANNEL}, ${generationId})`);
};

type Keeps = (key: string) => boolean;

const keepsNothing: Keeps = () => false;

/** What a version or a draft names. */
const keepsNamed = async (context: Context, generationId: string, prefix: string): Promise<Keeps> => {
  const [row] = await context.database.orm
    .select({ manifest: generations.manifest, artifactPrefix: generations.artifactPrefix })
    .from(generations)
    .where(eq(generations.id, generationId));
  // It has been purged in the meantime; the bucket expires what is left.
  if (!row?.manifest || row.artifactPrefix !== prefix) return () => true;
  const kept = new Set([...namedKeys(row.manifest, prefix), manifestKey(prefix)]);
  return (key) => kept.has(key);
};

/** The state that a next attempt or a next run goes on from. */
const keepsNewestCheckpoint = async (
  context: Context,
  { appId, generationId, attempt }: NonNullable<ObjectGroup["owner"]>,
): Promise<Keeps> => {
  const newest = await newestCheckpoint(context, { appId, id: generationId }, attempt);
  if (!newest || newest.sizeBytes > LIMITS.checkpointMaxBytes) return keepsNothing;
  return (key) => key === newest.key;
};

const passesLimits = ({ config }: Context, { count, sizeBytes }: ObjectGroup) =>
  count > config.LEO_RUN_MAX_OBJECTS || sizeBytes > config.LEO_RUN_MAX_UPLOAD_BYTES;

/** Which objects of a group to keep; undefined when all are kept. */
const keeperOf = async (
  context: Context,
  group: ObjectGroup,
  holder: Holder | undefined,
): Promise<Keeps | undefined> => {
  const { owner, prefix } = group;
  if (!owner || holder?.appId !== owner.appId) return keepsNothing;
  const attempt = holder.attempts?.find(({ number }) => number === owner.attempt);
  if (holder.artifactPrefix === prefix && holder.isFinished)
    return group.count > holder.namedCount ? keepsNamed(context, holder.id, prefix) : undefined;
  if (!attempt) return keepsNothing;
  if (!passesLimits(context, group)) return undefined;
  if (!attempt.isOpen) return keepsNewestCheckpoint(context, owner);
  await cut(context, attempt.id, holder.id);
  return undefined;
};

/** Lists a group again that was too large to hold in memory. */
async function* objectsOf({ storage }: Context, { prefix, first, count, lastKey }: ObjectGroup) {
  yield* first;
  let left = count - first.length;
  if (left === 0) return;
  for await (const object of storage.list(prefix, { startAfter: first.at(-1)?.key })) {
    yield object;
    left -= 1;
    if (left === 0 || object.key === lastKey) return;
  }
}

/**
 * Removes the strays among these groups. Objects younger than `LEO_OBJECTS_MIN_AGE_MS` stay: the row they belong to
 * may not be written yet.
 * @param since older objects were in the bucket before this database, and are left to expire
 */
export const removeStrays = async (
  context: Context,
  groups: ObjectGroup[],
  since: Date,
  removed: Removed,
): Promise<void> => {
  const holders = await holdersOf(context, groups);
  const before = context.now().getTime() - context.config.LEO_OBJECTS_MIN_AGE_MS;
  let batch: ListedObject[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    await context.storage.delete(batch.map(({ key }) => key));
    removed.objects += batch.length;
    removed.sizeBytes += batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    batch = [];
  };
  for (const group of groups) {
    const keeps = await keeperOf(context, group, holders.get(group.owner?.generationId ?? ""));
    if (!keeps) continue;
    let found = false;
    for await (const object of objectsOf(context, group)) {
      const isOfInterest = object.modifiedAt >= since && object.modifiedAt.getTime() <= before;
      if (!isOfInterest || keeps(object.key)) continue;
      found = true;
      batch.push(object);
      if (batch.length === KEYS_PER_DELETE) await flush();
    }
    if (found && removed.prefixes.length < PREFIXES_TOLD) removed.prefixes.push(group.prefix.slice(0, 200));
  }
  await flush();
};
