import { and, asc, eq, isNotNull, isNull, lt, notInArray } from "drizzle-orm";
import { appPrefix } from "@leo/core/artifact.ts";
import { FINAL_STATES } from "@leo/core/generation.ts";
import type { Context } from "../context.ts";
import { apps, attempts, audit, generations, orphans } from "../db/schema.ts";
import { requestCancel } from "../lifecycle/cancel.ts";

const APPS_PER_PASS = 50;
const GENERATIONS_PER_STATEMENT = 20;
const DAY_MS = 24 * 3_600_000;
const KEYS_PER_DELETE = 1_000;

/** What of a deleted app is still alive: generations to cancel, and tasks that may still upload. */
const remainsOf = async ({ database: { orm } }: Context, appId: string) => {
  const active = await orm
    .select({ id: generations.id, cancelRequestedAt: generations.cancelRequestedAt })
    .from(generations)
    .where(and(eq(generations.appId, appId), notInArray(generations.state, [...FINAL_STATES])));
  const tasks = await orm
    .select({ id: attempts.id })
    .from(attempts)
    .innerJoin(generations, eq(generations.id, attempts.generationId))
    .where(and(eq(generations.appId, appId), isNull(attempts.endedAt)));
  return { active, tasks };
};

const deleteObjects = async ({ storage }: Context, prefix: string) => {
  let keys: string[] = [];
  for await (const key of storage.list(prefix)) {
    keys.push(key);
    if (keys.length < KEYS_PER_DELETE) continue;
    await storage.delete(keys);
    keys = [];
  }
  if (keys.length > 0) await storage.delete(keys);
};

const purgeApp = async (context: Context, appId: string): Promise<void> => {
  const { active, tasks } = await remainsOf(context, appId);
  for (const { id, cancelRequestedAt } of active) if (!cancelRequestedAt) await requestCancel(context, id);
  if (active.length > 0 || tasks.length > 0) return;
  await deleteObjects(context, appPrefix(appId));
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

const PURGE_EXPIRED = `
with expired as (
  select id from leo.generations where purged_at is null and finished_at < $1
  order by finished_at limit ${GENERATIONS_PER_STATEMENT} for update skip locked
), gone as (
  delete from leo.events e using expired where e.generation_id = expired.id
)
update leo.generations g set purged_at = $2, manifest = null, artifact_prefix = null
from expired where g.id = expired.id`;

/**
 * Removes the events and the manifest of generations that ended `LEO_RETENTION_DAYS` ago; the bucket
 * expires their objects by a rule of its own. The generation stays in the list of its app. Safe to run
 * in several processes at once.
 * @returns how many generations were purged
 */
export const purgeExpired = async ({ config, database, now }: Context): Promise<number> => {
  let purged = 0;
  for (;;) {
    const at = now();
    const before = new Date(at.getTime() - config.LEO_RETENTION_DAYS * DAY_MS);
    const { rowCount } = await database.pool.query({
      name: "purge-expired",
      text: PURGE_EXPIRED,
      values: [before, at],
    });
    purged += rowCount ?? 0;
    if ((rowCount ?? 0) < GENERATIONS_PER_STATEMENT) return purged;
  }
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
