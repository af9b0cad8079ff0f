/** Apps as the API shows them, with their newest generation. */
import type { App } from "@leo/core/generation.ts";
import type { UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { AppRow } from "../app/app.ts";
import { ownerToken, previewLink } from "../preview/link.ts";
import type { QueueView } from "./queue-view.ts";
import { newestOf, viewGenerations } from "./view.ts";

/** What the API says of a user's apps, in the order given. */
export const viewApps = async (context: UserContext, queue: QueueView, rows: AppRow[]): Promise<App[]> => {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const { latest, completed } = await tx(context, async ({ orm }) => ({
    latest: await newestOf(orm, ids),
    completed: await newestOf(orm, ids, true),
  }));
  const views = await viewGenerations(context, queue, [...latest.values()]);
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

export const viewApp = async (context: UserContext, queue: QueueView, row: AppRow): Promise<App> => {
  const [view] = await viewApps(context, queue, [row]);
  if (!view) throw new Error(`no view of app ${row.id}`);
  return view;
};
