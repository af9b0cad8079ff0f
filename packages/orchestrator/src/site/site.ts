/** An app's site as its owner sees and changes it. */
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Id } from "@leo/core/id.ts";
import type { ChangeSite, Site, SiteState } from "@leo/core/site.ts";
import type { UserContext } from "../app-context.ts";
import { tx, useTx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { siteAddresses, sites, siteVersions } from "../db/schema.ts";
import { findApp, lockApp, type AppRow } from "../app/app.ts";
import { ApiFault } from "../fault.ts";
import { hasOwnOrigin, siteLink, siteToken, siteUrl } from "./address.ts";
import { takeOffline } from "./live.ts";
import { nameSite, notifySite, proposedSlug, slugsOf } from "./slug.ts";

export type SiteRow = typeof sites.$inferSelect;

export const stateOf = ({ liveId, publishedAt, takenDownAt }: SiteRow): SiteState => {
  if (takenDownAt) return "taken_down";
  if (liveId) return "published";
  return publishedAt ? "unpublished" : "new";
};

export const readSiteRow = async (orm: Orm, appId: Id): Promise<SiteRow | undefined> => {
  const [row] = await orm.select().from(sites).where(eq(sites.appId, appId));
  return row;
};

/** A site that was taken down cannot be changed. @throws ApiFault `conflict` */
export const rejectTakenDown = (row: SiteRow | undefined): void => {
  if (!row?.takenDownReason) return;
  throw new ApiFault(
    "conflict",
    `An administrator took this site down: ${row.takenDownReason} Ask them to allow it again.`,
  );
};

const viewNew = ({ config }: UserContext, app: AppRow, slug = proposedSlug(config, app.name)): Site => ({
  state: "new",
  slug,
  url: siteUrl(config, slug),
  visibility: "public",
  noindex: true,
  held: [],
  ownOrigin: hasOwnOrigin(config),
});

/** The owner's view of an app's site, in a transaction of theirs. */
export const describeSite = async (context: UserContext, app: AppRow): Promise<Site> => {
  const { orm } = useTx();
  const row = await readSiteRow(orm, app.id);
  const [address] = await orm
    .select({ slug: siteAddresses.slug })
    .from(siteAddresses)
    .where(and(eq(siteAddresses.appId, app.id), isNull(siteAddresses.formerUntil)));
  if (!row || !address) return viewNew(context, app, address?.slug);
  const held = await orm
    .select({ id: siteVersions.id, generationId: siteVersions.generationId })
    .from(siteVersions)
    .where(and(eq(siteVersions.appId, app.id), eq(siteVersions.state, "ready")));
  const live = held.find(({ id }) => id === row.liveId);
  const { slug } = address;
  const { visibility, noindex, publishedAt, takenDownAt, takenDownReason } = row;
  return {
    state: stateOf(row),
    slug,
    url: siteUrl(context.config, slug),
    link: visibility === "link" ? siteLink(context.config, slug, siteToken(row.linkKey, app.id)) : undefined,
    visibility,
    noindex,
    live:
      live && publishedAt
        ? { generationId: live.generationId, publishedAt: publishedAt.toISOString() }
        : undefined,
    held: [...new Set(held.map(({ generationId }) => generationId))],
    takenDown:
      takenDownAt && takenDownReason !== null
        ? { at: takenDownAt.toISOString(), reason: takenDownReason }
        : undefined,
    ownOrigin: hasOwnOrigin(context.config),
  };
};

/** @throws ApiFault `not_found` */
export const viewSite = (context: UserContext, appId: Id): Promise<Site> =>
  tx(context, async ({ orm }) => describeSite(context, await findApp(orm, context.userId, appId)));

/** The row of a site that has been published at least once, with its app held. @throws ApiFault */
const holdSite = async (context: UserContext, orm: Orm, appId: Id) => {
  const app = await lockApp(orm, context.userId, appId);
  const row = await readSiteRow(orm, appId);
  rejectTakenDown(row);
  if (!row || stateOf(row) === "new") throw new ApiFault("conflict", "This app has not been published yet.");
  return { app, row };
};

/**
 * Changes who sees a site, under which address, and whether search engines do.
 * @throws ApiFault `not_found`; `conflict` before the first publishing, after a take-down, or for an address
 * that is taken; `bad_request` for one of Leo's own
 */
export const changeSite = (context: UserContext, appId: Id, change: ChangeSite): Promise<Site> =>
  tx(context, async ({ orm }) => {
    const { app, row } = await holdSite(context, orm, appId);
    const { slug: wanted, visibility, noindex, renewLink } = change;
    const before = await slugsOf(orm, appId);
    if (wanted !== undefined) await nameSite(context, orm, app, { wanted, isKnown: true });
    if (visibility !== undefined) await orm.update(sites).set({ visibility }).where(eq(sites.appId, appId));
    if (noindex !== undefined) await orm.update(sites).set({ noindex }).where(eq(sites.appId, appId));
    if (renewLink)
      await orm
        .update(sites)
        .set({ linkKey: sql`default` })
        .where(eq(sites.appId, appId));
    await notifySite(orm, row, before);
    return describeSite(context, app);
  });

/**
 * Unpublishes a site: its address answers 410 within two seconds on every orchestrator. A publish that is still
 * copying is abandoned.
 * @throws ApiFault `not_found`; `conflict` when it has never been published or was taken down
 */
export const unpublishSite = (context: UserContext, appId: Id): Promise<Site> =>
  tx(context, async ({ orm }) => {
    const { app, row } = await holdSite(context, orm, appId);
    await takeOffline(orm, row, context.now());
    return describeSite(context, app);
  });
