/** Share links: whoever has one sees the app run. They never open the code or the conversation. */
import { and, count, desc, eq, isNull, sql } from "drizzle-orm";
import type { Share } from "@leo/core/api.ts";
import type { Id } from "@leo/core/id.ts";
import { newId } from "@leo/core/id.ts";
import type { Context, UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { apps, shares } from "../db/schema.ts";
import { findApp, lockApp } from "../app/app.ts";
import { ApiFault, notFound } from "../fault.ts";
import { limitFault } from "../limits/limit-fault.ts";
import { findGeneration, newestOf } from "../generation/view.ts";
import { hashShareToken, isLinkToken, newShareToken, previewLink } from "../preview/link.ts";

/** Live links of one app. */
const SHARES_MAX = 20;

type ShareRow = typeof shares.$inferSelect;

const live = (ownerId: string, appId: string) =>
  and(eq(shares.ownerId, ownerId), eq(shares.appId, appId), isNull(shares.revokedAt));

const viewShare = (row: ShareRow): Share => ({
  id: row.id,
  generationId: row.generationId ?? undefined,
  createdAt: row.createdAt.toISOString(),
  seenCount: row.seenCount,
  lastSeenAt: row.lastSeenAt?.toISOString(),
});

/** The app's links that still work, newest first. @throws ApiFault `not_found` */
export const listShares = (context: UserContext, appId: string): Promise<Share[]> =>
  tx(context, async ({ orm }) => {
    const { userId } = context;
    await findApp(orm, userId, appId);
    const rows = await orm
      .select()
      .from(shares)
      .where(live(userId, appId))
      .orderBy(desc(shares.createdAt), desc(shares.id));
    return rows.map(viewShare);
  });

const refuseOverLimit = async (orm: Orm, ownerId: string, appId: string) => {
  const [{ made } = { made: 0 }] = await orm
    .select({ made: count() })
    .from(shares)
    .where(live(ownerId, appId));
  if (made >= SHARES_MAX)
    throw limitFault(
      "limit_reached",
      `The app has ${made} share links, the limit is ${SHARES_MAX}. Revoke one to make another.`,
      { limit: "shares_per_app", max: SHARES_MAX, current: made },
    );
};

/**
 * Makes a link to an app. Its address is told once: only a hash of the token is kept.
 * @param generationId the one version it shows; undefined: always the newest
 * @throws ApiFault `not_found` for an app or version that is not this user's, `limit_reached`
 */
export const createShare = (
  context: UserContext,
  appId: string,
  generationId?: Id,
): Promise<{ share: Share; url: string }> =>
  tx(context, async ({ orm }) => {
    const { config, userId: ownerId } = context;
    // One link after the other, whatever orchestrator they are asked of: none passes the limit together.
    await lockApp(orm, ownerId, appId);
    if (generationId !== undefined) {
      const version = await findGeneration(orm, ownerId, generationId);
      if (version.appId !== appId) throw notFound("generation");
      if (!version.hasPreview) throw new ApiFault("conflict", "This version has nothing to show.");
    }
    await refuseOverLimit(orm, ownerId, appId);
    const token = newShareToken();
    const [row] = await orm
      .insert(shares)
      .values({ id: newId(), ownerId, appId, generationId, tokenHash: hashShareToken(token) })
      .returning();
    if (!row) throw new Error("the share was not stored");
    return { share: viewShare(row), url: new URL(`/s/${token}`, config.LEO_PUBLIC_URL).href };
  });

/** Ends a link at once. @throws ApiFault `not_found` */
export const revokeShare = (context: UserContext, appId: string, shareId: string) =>
  tx(context, async ({ orm }) => {
    const { userId, now } = context;
    await findApp(orm, userId, appId);
    const revoked = await orm
      .update(shares)
      .set({ revokedAt: now() })
      .where(and(live(userId, appId), eq(shares.id, shareId)))
      .returning({ id: shares.id });
    if (revoked.length === 0) throw notFound("share link");
  });

/** Where a share link leads, whoever follows it; it counts as seen. Undefined for one that does not work. */
export const openShare = async (context: Context, token: string): Promise<string | undefined> => {
  if (!isLinkToken(token)) return undefined;
  const { orm } = context.database;
  const [share] = await orm
    .select({ id: shares.id, appId: shares.appId, generationId: shares.generationId })
    .from(shares)
    .innerJoin(apps, and(eq(apps.id, shares.appId), isNull(apps.deletedAt)))
    .where(and(eq(shares.tokenHash, hashShareToken(token)), isNull(shares.revokedAt)));
  if (!share) return undefined;
  const generationId = share.generationId ?? (await newestShown(context, share.appId));
  if (generationId === undefined) return undefined;
  await orm
    .update(shares)
    .set({ seenCount: sql`${shares.seenCount} + 1`, lastSeenAt: context.now() })
    .where(eq(shares.id, share.id));
  return previewLink(context.config.LEO_PREVIEW_URL_TEMPLATE, generationId, token);
};

const newestShown = async ({ database }: Context, appId: string): Promise<string | undefined> => {
  const row = (await newestOf(database.orm, [appId], true)).get(appId);
  return row?.hasPreview ? row.id : undefined;
};
