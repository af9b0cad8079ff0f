/** Apps as the API shows them, with their newest generation. */
import type { AppDetail } from "@leo/core/api.ts";
import type { App, Generation } from "@leo/core/generation.ts";
import { sql } from "drizzle-orm";
import type { z } from "zod";
import type { UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import { changeApp, findApp, listApps, type AppRow } from "../app/app.ts";
import { ownerToken, previewLink } from "../preview/link.ts";
import { generationsOf, newestOf, viewGenerations, type GenerationRow } from "./view.ts";

/**
 * What the API says of an app.
 * @param latest its newest generation
 * @param version its newest version
 */
export const describeApp = (
  { config }: Pick<UserContext, "config">,
  row: AppRow,
  latest?: Generation,
  version?: GenerationRow,
): App => ({
  id: row.id,
  name: row.name,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  latest,
  previewUrl: version?.hasPreview
    ? previewLink(config.LEO_PREVIEW_URL_TEMPLATE, version.id, ownerToken(row.previewKey, version.id))
    : undefined,
  screenshotUrl: version?.hasScreenshot ? `/api/generations/${version.id}/screenshot` : undefined,
});

/** What the API says of a user's apps, in the order given. */
const viewApps = (context: UserContext, rows: AppRow[]): Promise<App[]> =>
  tx(context, async ({ orm }) => {
    if (rows.length === 0) return [];
    const ids = rows.map((row) => row.id);
    const latest = await newestOf(orm, ids);
    const completed = await newestOf(orm, ids, true);
    const views = await viewGenerations(context, [...latest.values()]);
    const viewOf = new Map(views.map((view) => [view.appId, view]));
    return rows.map((row) => describeApp(context, row, viewOf.get(row.id), completed.get(row.id)));
  });

const viewRow = async (context: UserContext, row: AppRow): Promise<App> => {
  const [view] = await viewApps(context, [row]);
  if (!view) throw new Error(`no view of app ${row.id}`);
  return view;
};

/** One of the user's apps, as the API shows it. @throws ApiFault `not_found` */
export const viewApp = (context: UserContext, appId: string): Promise<App> =>
  tx(context, async ({ orm }) => viewRow(context, await findApp(orm, context.userId, appId)));

/** Gives an app another name. @throws ApiFault `not_found` */
export const renameApp = (context: UserContext, appId: string, name: string): Promise<App> =>
  tx(context, async () =>
    viewRow(context, await changeApp(context, appId, { name, updatedAt: context.now() })),
  );

/** Gives the app another preview key: links to its previews that were given out so far end. @throws ApiFault `not_found` */
export const revokePreviewLinks = (context: UserContext, appId: string): Promise<App> =>
  tx(context, async () => viewRow(context, await changeApp(context, appId, { previewKey: sql`default` })));

/** One page of the user's apps; see `listApps`. */
export const viewAppList = (
  context: UserContext,
  query: Parameters<typeof listApps>[1],
): Promise<{ apps: App[]; nextCursor?: string }> =>
  tx(context, async () => {
    const { rows, nextCursor } = await listApps(context, query);
    return { apps: await viewApps(context, rows), nextCursor };
  });

/** An app with all its generations, newest first. @throws ApiFault `not_found` */
export const viewAppDetail = (context: UserContext, appId: string): Promise<z.infer<typeof AppDetail>> =>
  tx(context, async ({ orm }) => {
    const app = await findApp(orm, context.userId, appId);
    const rows = await generationsOf(orm, app.id);
    const generations = await viewGenerations(context, rows);
    const version = rows.find(({ state }) => state === "completed");
    return { app: describeApp(context, app, generations[0], version), generations };
  });
