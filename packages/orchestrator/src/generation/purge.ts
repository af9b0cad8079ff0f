import { and, asc, eq, gt, isNotNull, isNull, lt, notInArray } from "drizzle-orm";
import { appPrefix, appSitePrefix } from "@leo/core/artifact.ts";
import { FINAL_STATES } from "@leo/core/generation.ts";
import type { Context } from "../app-context.ts";
import { apps, attempts, audit, generations, orphans, siteVersions } from "../db/schema.ts";
import { requestCancel } from "./cancel.ts";

const APPS_PER_PASS = 50;
const GENERATIONS_PER_STATEMENT = 20;
/** About 0.2 s of the database's work, far from how long a statement may take. */
const EVENTS_PER_STATEMENT = 10_000;
const DAY_MS = 24 * 3_600_000;
const KEYS_PER_DELETE = 1_000;

/** What of a deleted app is still alive: generations to cancel, tasks that may still upload, copies being made. */
const remainsOf = async ({ database: { orm }, now }: Context, appId: string) => {
  const active = await orm
    .select({ id: generations.id, cancelRequestedAt: generations.cancelRequestedAt })
    .from(generations)
    .where(and(eq(generations.appId, appId), notInArray(generations.state, [...FINAL_STATES])));
  const tasks = await orm
    .select({ id: attempts.id })
    .from(attempts)
    .innerJoin(generations, eq(generations.id, attempts.generationId))
    .where(and(eq(generations.appId, appId), isNull(attempts.endedAt)));
  const copies = await orm
    .select({ id: siteVersions.id })
    .from(siteVersions)
    .where(
      and(
        eq(siteVersions.appId, appId),
        eq(siteVersions.state, "copying"),
        gt(siteVersions.copyUntil, now()),
      ),
    );
  return { active, tasks, copies };
};

const deleteObjects = async ({ storage }: Context, prefix: string) => {
  let keys: string[] = [];
  for await (const { key } of storage.list(prefix)) {
    keys.push(key);
    if (keys.length < KEYS_PER_DELETE) continue;
    await storage.delete(keys);
    keys = [];
  }
  if (keys.length > 0) await storage.delete(keys);
};

/** Removes events of some generations, and marks these as purged once the last are gone. */
const purgeSome = (whose: string) => `
with chosen as (
  select id from leo.generations where purged_at is null and ${whose}
  order by finished_at limit ${GENERATIONS_PER_STATEMENT} for update skip locked
), slice as (
  select e.generation_id, e.seq from chosen cross join lateral (
    select generation_id, seq from leo.events where generation_id = chosen.id limit ${EVENTS_PER_STATEMENT}
  ) e limit ${EVENTS_PER_STATEMENT}
), gone as (
  delete from leo.events e using slice where e.generation_id = slice.generation_id and e.seq = slice.seq
  returning 1
), purged as (
  update leo.generations g set purged_at = $2, manifest = null, artifact_prefix = null
  from chosen where g.id = chosen.id and (select count(*) from gone) < ${EVENTS_PER_STATEMENT}
  returning 1
)
select (select count(*)::int from gone) as events, (select count(*)::int from purged) as generations`;

const PURGE_EXPIRED = { name: "purge-expired", text: purgeSome("finished_at < $1") };
const PURGE_APP = { name: "purge-app", text: purgeSome("app_id = $1") };

/** Purges until nothing is left. @returns how many generations */
const purgeAll = async (
  { database, now }: Context,
  query: typeof PURGE_APP,
  value: string | Date,
): Promise<number> => {
  let purged = 0;
  for (;;) {
    const { rows } = await database.pool.query<{ events: number; generations: number }>({
      ...query,
      values: [value, now()],
    });
    const { events = 0, generations: count = 0 } = rows[0] ?? {};
    purged += count;
    if (events < EVENTS_PER_STATEMENT && count < GENERATIONS_PER_STATEMENT) return purged;
  }
};

const purgeApp = async (context: Context, appId: string): Promise<void> => {
  const { active, tasks, copies } = await remainsOf(context, appId);
  for (const { id, cancelRequestedAt } of active) if (!cancelRequestedAt) await requestCancel(context, id);
  if (active.length + tasks.length + copies.length > 0) return;
  await deleteObjects(context, appPrefix(appId));
  await deleteObjects(context, appSitePrefix(appId));
  // Before it, or one statement would take all events of all its generations with it.
  await purgeAll(context, PURGE_APP, appId);
  await context.database.orm.delete(apps).where(eq(apps.id, appId));
};

/**
 * Removes deleted apps: what still runs is cancelled; once nothing runs, the objects go and then
 * the rows, so that a pass which dies in between is made good by the next. Safe to run in several
 * processes at once.
 */
export const purgeDeletedApps = async (context: Context): Promise<void> => {
  const deleted = await context.database.orm
    .select({ id: apps.id })
    .from(apps)
    .where(isNotNull(apps.deletedAt))
    .orderBy(asc(apps.deletedAt))
    .limit(APPS_PER_PASS);
  for (const { id } of deleted) {
    try {
      await purgeApp(context, id);
    } catch (cause) {
      context.log.error({ err: cause, event: "purge_failed", appId: id }, "the next pass tries again");
    }
  }
};

/**
 * Removes the events and the manifest of generations that ended `LEO_RETENTION_DAYS` ago; the bucket
 * expires their objects by a rule of its own. The generation stays in the list of its app. Safe to run
 * in several processes at once.
 * @returns how many generations were purged
 */
export const purgeExpired = (context: Context): Promise<number> => {
  const before = new Date(context.now().getTime() - context.config.LEO_RETENTION_DAYS * DAY_MS);
  return purgeAll(context, PURGE_EXPIRED, before);
};

/**
 * Removes the record of operators' changes and of orphans that is `LEO_RECORDS_RETENTION_DAYS` old. Of the
 * audit the database itself lets nothing go that is younger than `AUDIT_DAYS_MIN`.
 */
export const purgeRecords = async ({ config, database: { orm }, now }: Context): Promise<void> => {
  const before = new Date(now().getTime() - config.LEO_RECORDS_RETENTION_DAYS * DAY_MS);
  await orm.delete(orphans).where(lt(orphans.foundAt, before));
  await orm.delete(audit).where(lt(audit.at, before));
};
