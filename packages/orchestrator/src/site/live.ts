/** What is live: the one row that decides what visitors of a site get. */
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Id } from "@leo/core/id.ts";
import type { Orm } from "../db/database.ts";
import { sites, siteVersions } from "../db/schema.ts";
import { notifySite } from "./slug.ts";

type Shown = Pick<typeof sites.$inferSelect, "appId" | "ownerId" | "liveId">;

const retire = (orm: Orm, liveId: Id, at: Date) =>
  orm.update(siteVersions).set({ retiredAt: at }).where(eq(siteVersions.id, liveId));

/** Makes nothing live; a publish under way is abandoned. */
export const takeOffline = async (orm: Orm, site: Shown, at: Date): Promise<void> => {
  const { appId, liveId } = site;
  if (liveId !== null) await retire(orm, liveId, at);
  await orm
    .update(sites)
    .set({ liveId: null, unpublishedAt: at, change: sql`${sites.change} + 1` })
    .where(eq(sites.appId, appId));
  await notifySite(orm, site);
};

/**
 * Makes a version live, unless the site was changed again after `change`.
 * @returns whether it is live
 */
export const goLive = async (
  orm: Orm,
  site: Shown,
  versionId: Id,
  change: number,
  at: Date,
): Promise<boolean> => {
  const { appId, liveId } = site;
  const switched = await orm
    .update(sites)
    .set({ liveId: versionId, publishedAt: at, unpublishedAt: null })
    .where(and(eq(sites.appId, appId), eq(sites.change, change), isNull(sites.takenDownAt)))
    .returning({ appId: sites.appId });
  if (switched.length === 0) return false;
  if (liveId !== null && liveId !== versionId) await retire(orm, liveId, at);
  await orm.update(siteVersions).set({ retiredAt: null }).where(eq(siteVersions.id, versionId));
  await notifySite(orm, site);
  return true;
};
