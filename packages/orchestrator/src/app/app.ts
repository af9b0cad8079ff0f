/** Apps as their owner works with them. */
import { and, desc, eq, ilike, isNull, notInArray, or, sql } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import { FINAL_STATES } from "@leo/core/generation.ts";
import type { UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { apps, generations } from "../db/schema.ts";
import { ApiFault, notFound } from "../fault.ts";

export type AppRow = typeof apps.$inferSelect;

const owned = (ownerId: string, appId: string) =>
  and(eq(apps.id, appId), eq(apps.ownerId, ownerId), isNull(apps.deletedAt));

/** @throws ApiFault `not_found` when there is none, it is deleted, or another user's */
export const findApp = async (orm: Orm, ownerId: string, appId: string): Promise<AppRow> => {
  const [row] = await orm.select().from(apps).where(owned(ownerId, appId));
  if (!row) throw notFound("app");
  return row;
};

/** Holds the app against deletion until the transaction ends. @throws ApiFault `not_found` */
export const lockApp = async (orm: Orm, ownerId: string, appId: string): Promise<AppRow> => {
  const [app] = await orm.select().from(apps).where(owned(ownerId, appId)).for("update");
  if (!app) throw notFound("app");
  return app;
};

/** The same for an app that changes now. @throws ApiFault `not_found` */
export const touchApp = async (orm: Orm, ownerId: string, appId: string, at: Date): Promise<AppRow> => {
  const [app] = await orm.update(apps).set({ updatedAt: at }).where(owned(ownerId, appId)).returning();
  if (!app) throw notFound("app");
  return app;
};

/** The last app of a page: microseconds of its last change since 1970, and its id. */
const CURSOR = /^(\d{1,16})\.([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;
const MICROSECONDS = sql<string>`(extract(epoch from ${apps.updatedAt}) * 1000000)::bigint::text`;

const after = (cursor: string) => {
  const [, micros, id] = CURSOR.exec(cursor) ?? [];
  if (!micros || !id) throw new ApiFault("bad_request", "This cursor is not one that the list gave out.");
  const time = sql`timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond'`;
  return sql`(${apps.updatedAt}, ${apps.id}) < (${time}, ${id}::uuid)`;
};

/** Apps whose name has these words, or that were asked for with them. Case does not matter. */
const matching = (words: string) => {
  const pattern = `%${words.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return or(
    ilike(apps.name, pattern),
    sql`exists (select 1 from ${generations} g where g.app_id = ${apps.id} and g.prompt ilike ${pattern})`,
  );
};

/** One page of a user's apps, the last changed first, and the cursor of the next page if there is one. */
export const listApps = async (
  context: UserContext,
  { cursor, limit, q }: { cursor?: string; limit: number; q?: string },
): Promise<{ rows: AppRow[]; nextCursor?: string }> => {
  const wanted = and(
    eq(apps.ownerId, context.userId),
    isNull(apps.deletedAt),
    cursor ? after(cursor) : undefined,
    q ? matching(q) : undefined,
  );
  const found = await tx(context, ({ orm }) =>
    orm
      .select({ row: apps, micros: MICROSECONDS })
      .from(apps)
      .where(wanted)
      .orderBy(desc(apps.updatedAt), desc(apps.id))
      .limit(limit + 1),
  );
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { rows: page.map(({ row }) => row), nextCursor: last && `${last.micros}.${last.row.id}` };
};

/** @throws ApiFault `not_found` */
export const changeApp = async (
  context: UserContext,
  appId: string,
  changes: PgUpdateSetSource<typeof apps>,
): Promise<AppRow> => {
  const [row] = await tx(context, ({ orm }) =>
    orm.update(apps).set(changes).where(owned(context.userId, appId)).returning(),
  );
  if (!row) throw notFound("app");
  return row;
};

/**
 * Marks an app deleted: from now on it is nobody's. Rows and objects go in the background.
 * @returns the generations that are still at work and must be cancelled; none follows, because whoever adds one
 * holds the app
 * @throws ApiFault `not_found`
 */
export const markAppDeleted = (context: UserContext, appId: string): Promise<string[]> =>
  tx(context, async ({ orm }) => {
    await changeApp(context, appId, { deletedAt: context.now() });
    const active = await orm
      .select({ id: generations.id })
      .from(generations)
      .where(and(eq(generations.appId, appId), notInArray(generations.state, [...FINAL_STATES])));
    return active.map(({ id }) => id);
  });
