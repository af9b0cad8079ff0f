/** Apps as their owner sees them. */
import { and, desc, eq, ilike, isNull, notInArray, or, sql } from "drizzle-orm";
import { FINAL_STATES, type App } from "@leo/core/generation.ts";
import type { Context } from "../context.ts";
import { apps, generations } from "../db/schema.ts";
import { ApiFault, notFound } from "./fault.ts";
import { newestOf, viewGenerations } from "./generation.ts";
import { ownerToken, previewLink } from "./preview-link.ts";
import type { QueueView } from "./queue-view.ts";

export type AppRow = typeof apps.$inferSelect;

const owned = (ownerId: string, appId: string) =>
  and(eq(apps.id, appId), eq(apps.ownerId, ownerId), isNull(apps.deletedAt));

/** @throws ApiFault `not_found` when there is none, it is deleted, or another user's */
export const findApp = async ({ database }: Context, ownerId: string, appId: string): Promise<AppRow> => {
  const [row] = await database.orm.select().from(apps).where(owned(ownerId, appId));
  if (!row) throw notFound("app");
  return row;
};

/** What the API says of apps of one owner, in the order given. */
export const viewApps = async (context: Context, queue: QueueView, rows: AppRow[]): Promise<App[]> => {
  const [owner] = rows;
  if (!owner) return [];
  const ids = rows.map((row) => row.id);
  const [latest, completed] = await Promise.all([
    newestOf(context.database, ids),
    newestOf(context.database, ids, true),
  ]);
  const views = await viewGenerations(context, queue, owner.ownerId, [...latest.values()]);
  const viewOf = new Map(views.map((view) => [view.appId, view]));
  return rows.map((row) => {
    const version = completed.get(row.id);
    return {
      id: row.id,
      name: row.name,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
      latest: viewOf.get(row.id),
      previewUrl: version?.hasPreview
        ? previewLink(
            context.config.LEO_PREVIEW_URL_TEMPLATE,
            version.id,
            ownerToken(row.previewKey, version.id),
          )
        : undefined,
      screenshotUrl: version?.hasScreenshot ? `/api/generations/${version.id}/screenshot` : undefined,
    };
  });
};

export const viewApp = async (context: Context, queue: QueueView, row: AppRow): Promise<App> => {
  const [view] = await viewApps(context, queue, [row]);
  if (!view) throw new Error(`no view of app ${row.id}`);
  return view;
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
  context: Context,
  ownerId: string,
  { cursor, limit, q }: { cursor?: string; limit: number; q?: string },
): Promise<{ rows: AppRow[]; nextCursor?: string }> => {
  const found = await context.database.orm
    .select({ row: apps, micros: MICROSECONDS })
    .from(apps)
    .where(
      and(
        eq(apps.ownerId, ownerId),
        isNull(apps.deletedAt),
        cursor ? after(cursor) : undefined,
        q ? matching(q) : undefined,
      ),
    )
    .orderBy(desc(apps.updatedAt), desc(apps.id))
    .limit(limit + 1);
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { rows: page.map(({ row }) => row), nextCursor: last && `${last.micros}.${last.row.id}` };
};

/** @throws ApiFault `not_found` */
export const renameApp = async (context: Context, ownerId: string, appId: string, name: string) => {
  const [row] = await context.database.orm
    .update(apps)
    .set({ name, updatedAt: context.now() })
    .where(owned(ownerId, appId))
    .returning();
  if (!row) throw notFound("app");
  return row;
};

/** Gives the app another preview key: links to its previews that were given out so far end. @throws ApiFault `not_found` */
export const revokePreviewLinks = async ({ database }: Context, ownerId: string, appId: string) => {
  const [row] = await database.orm
    .update(apps)
    .set({ previewKey: sql`default` })
    .where(owned(ownerId, appId))
    .returning();
  if (!row) throw notFound("app");
  return row;
};

/**
 * Marks an app deleted: from now on it is nobody's. Rows and objects go in the background.
 * @returns the generations that were still at work and must be cancelled
 * @throws ApiFault `not_found`
 */
export const markAppDeleted = async (context: Context, ownerId: string, appId: string): Promise<string[]> => {
  const { orm } = context.database;
  const marked = await orm
    .update(apps)
    .set({ deletedAt: context.now() })
    .where(owned(ownerId, appId))
    .returning({ id: apps.id });
  if (marked.length === 0) throw notFound("app");
  const active = await orm
    .select({ id: generations.id })
    .from(generations)
    .where(and(eq(generations.appId, appId), notInArray(generations.state, [...FINAL_STATES])));
  return active.map(({ id }) => id);
};
