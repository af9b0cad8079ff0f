/**
 * A walk through the whole bucket in key order, by one orchestrator at a time. It proceeds in steps of limited
 * size and stores its position in the database, so another orchestrator can continue it. A walk begins half an
 * hour after the previous one began, so strays are gone within the hour.
 */
import { sql } from "drizzle-orm";
import { newId } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";
import { audit, objectWalk } from "../db/schema.ts";
import { grouped, type ObjectGroup } from "./group.ts";
import { bucketOwnedSince } from "./owner.ts";
import { removeStrays, type Removed } from "./stray.ts";

/** Everything a generator's role can create is under it. */
const ROOT = "apps/";
/** 100 pages of a listing, which are about ten seconds: at one step a minute six million objects an hour. */
const STEP_MAX_OBJECTS = 100_000;
/** How many objects, or groups, are looked up at once. */
const BATCH_MAX_OBJECTS = 5_000;
const BATCH_MAX_GROUPS = 500;
/** Longer than a step takes. */
const LEASE_MS = 300_000;
/** Stands for the operator in the audit log. */
const LEO_ITSELF = "00000000-0000-0000-0000-000000000000";

interface Walk {
  databaseId: string;
  /** The last key seen; empty at the beginning. */
  cursor: string;
  objects: number;
  sizeBytes: number;
}

/** Takes the lease on the walk, if one is due. */
const takeWalk = async ({ database: { orm }, config, now }: Context): Promise<Walk | undefined> => {
  const at = now();
  await orm.insert(objectWalk).values({}).onConflictDoNothing();
  const due = new Date(at.getTime() - config.LEO_OBJECTS_INTERVAL_MS).toISOString();
  const [walk] = await orm
    .update(objectWalk)
    .set({ leaseUntil: new Date(at.getTime() + LEASE_MS) })
    .where(
      sql`${objectWalk.leaseUntil} < ${at.toISOString()}::timestamptz
        and (${objectWalk.cursor} <> '' or ${objectWalk.beganAt} < ${due}::timestamptz)`,
    )
    .returning();
  if (walk && walk.cursor === "") await orm.update(objectWalk).set({ beganAt: at, objects: 0, sizeBytes: 0 });
  return walk && (walk.cursor === "" ? { ...walk, objects: 0, sizeBytes: 0 } : walk);
};

const saveWalk = ({ database: { orm } }: Context, { cursor, objects, sizeBytes }: Walk, isOver: boolean) =>
  orm.update(objectWalk).set({
    cursor: isOver ? "" : cursor,
    objects,
    sizeBytes,
    leaseUntil: new Date(0),
    ...(isOver ? { totalObjects: objects, totalBytes: sizeBytes } : {}),
  });

const record = async ({ database: { orm }, log, now }: Context, removed: Removed): Promise<void> => {
  if (removed.objects === 0) return;
  log.warn({ event: "objects_removed", ...removed }, "objects that belonged to nobody were removed");
  await orm.insert(audit).values({
    id: newId(),
    at: now(),
    actorId: LEO_ITSELF,
    actorEmail: "Leo",
    action: "objects_removed",
    before: removed,
    after: {},
    requestId: newId(),
  });
};

/**
 * Takes one step of the walk, if one is due and no other orchestrator is taking it.
 * @param maxObjects a step ends after the attempt with which it has listed this many
 * @returns what it removed
 */
export const sweepObjects = async (
  context: Context,
  maxObjects: number = STEP_MAX_OBJECTS,
): Promise<Removed> => {
  const removed: Removed = { objects: 0, sizeBytes: 0, prefixes: [] };
  const walk = await takeWalk(context);
  if (!walk) return removed;
  const since = await bucketOwnedSince(context, walk.databaseId);
  if (!since) {
    context.log.error(
      { event: "bucket_of_another_database", bucket: context.config.LEO_BUCKET },
      "the bucket belongs to another database: nothing in it is removed",
    );
    await context.database.orm.update(objectWalk).set({ cursor: "", leaseUntil: new Date(0) });
    return removed;
  }
  let batch: ObjectGroup[] = [];
  let held = 0;
  let listed = 0;
  let isOver = true;
  const flush = async () => {
    await removeStrays(context, batch, since, removed);
    batch = [];
    held = 0;
  };
  const objects = context.storage.list(ROOT, { startAfter: walk.cursor });
  for await (const group of grouped(objects, maxObjects)) {
    batch.push(group);
    held += group.first.length;
    listed += group.count;
    walk.objects += group.count;
    walk.sizeBytes += group.sizeBytes;
    walk.cursor = group.lastKey;
    if (held >= BATCH_MAX_OBJECTS || batch.length >= BATCH_MAX_GROUPS) await flush();
    if (listed < maxObjects) continue;
    isOver = false;
    break;
  }
  await flush();
  await saveWalk(context, walk, isOver);
  await record(context, removed);
  return removed;
};
