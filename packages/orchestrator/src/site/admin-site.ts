/** Sites as operators see them, and what an operator can do about one. */
import { and, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { Id } from "@leo/core/id.ts";
import type { AdminSite } from "@leo/core/site.ts";
import type { Context } from "../app-context.ts";
import { tx, useTx } from "../db/tx.ts";
import { apps, siteAddresses, sites, siteVersions, users } from "../db/schema.ts";
import { ApiFault, notFound } from "../fault.ts";
import { siteUrl } from "./address.ts";
import { takeOffline } from "./live.ts";
import { stateOf } from "./site.ts";

interface Which {
  appId?: Id;
  limit: number;
}

/** Sites that were ever published, the last published first. */
export const listAllSites = async (context: Context, { appId, limit }: Which): Promise<AdminSite[]> => {
  const rows = await tx(context, ({ orm }) =>
    orm
      .select({
        site: sites,
        appName: apps.name,
        ownerEmail: users.email,
        slug: siteAddresses.slug,
        sizeBytes: sql<number>`coalesce(${siteVersions.sizeBytes}, 0)::float8`,
      })
      .from(sites)
      .innerJoin(apps, and(eq(apps.id, sites.appId), isNull(apps.deletedAt)))
      .innerJoin(siteAddresses, and(eq(siteAddresses.appId, sites.appId), isNull(siteAddresses.formerUntil)))
      .leftJoin(siteVersions, eq(siteVersions.id, sites.liveId))
      .leftJoin(users, eq(users.id, sites.ownerId))
      .where(and(isNotNull(sites.publishedAt), appId === undefined ? undefined : eq(sites.appId, appId)))
      .orderBy(desc(sites.publishedAt))
      .limit(limit),
  );
  return rows.map(({ site, appName, ownerEmail, slug, sizeBytes }) => ({
    appId: site.appId,
    appName,
    ownerId: site.ownerId,
    ownerEmail: ownerEmail ?? undefined,
    state: stateOf(site),
    url: siteUrl(context.config, slug),
    visibility: site.visibility,
    sizeBytes,
    publishedAt: site.publishedAt?.toISOString(),
    takenDown:
      site.takenDownAt && site.takenDownReason !== null
        ? { at: site.takenDownAt.toISOString(), reason: site.takenDownReason }
        : undefined,
  }));
};

/** @throws ApiFault `not_found` for an app that was never published */
export const readAnySite = async (context: Context, appId: Id): Promise<AdminSite> => {
  const [site] = await listAllSites(context, { appId, limit: 1 });
  if (!site) throw notFound("site");
  return site;
};

/** Locks the site against other changes. */
const holdAnySite = async (appId: Id) => {
  const { orm } = useTx();
  await orm.select({ id: apps.id }).from(apps).where(eq(apps.id, appId)).for("update");
  const [row] = await orm.select().from(sites).where(eq(sites.appId, appId));
  if (!row) throw notFound("site");
  return row;
};

/**
 * Takes a site down. Its owner sees the reason and cannot publish it again.
 * @throws ApiFault `not_found`, `conflict` when it is down already
 */
export const takeDownSite = (context: Context, appId: Id, reason: string): Promise<void> =>
  tx(context, async ({ orm }) => {
    const row = await holdAnySite(appId);
    if (row.takenDownAt) throw new ApiFault("conflict", "This site was taken down already.");
    const at = context.now();
    await takeOffline(orm, row, at);
    await orm.update(sites).set({ takenDownAt: at, takenDownReason: reason }).where(eq(sites.appId, appId));
  });

/** Lets the owner publish again; until then the site stays unpublished. @throws ApiFault `not_found`, `conflict` */
export const allowSite = (context: Context, appId: Id): Promise<void> =>
  tx(context, async ({ orm }) => {
    const row = await holdAnySite(appId);
    if (!row.takenDownAt) throw new ApiFault("conflict", "This site is not taken down.");
    await orm.update(sites).set({ takenDownAt: null, takenDownReason: null }).where(eq(sites.appId, appId));
  });
