/**
 * Publishing a version as the app's site. Its built files are copied to a prefix of their own first; then one
 * row is changed, and visitors get the new version. Whatever dies in between leaves the old one live and a
 * copy that `remove-copies.ts` removes. A version that the site still holds is switched to without copying: that is how
 * one goes back.
 */
import { and, eq, isNotNull, ne, sql } from "drizzle-orm";
import { distKey, siteCopyPrefix } from "@leo/core/artifact.ts";
import { newId, type Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { PublishSite, Site } from "@leo/core/site.ts";
import type { Context, UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { sites, siteVersions } from "../db/schema.ts";
import type { SiteFile } from "../db/schema/sites.ts";
import { findApp, lockApp } from "../app/app.ts";
import { inTurn } from "../generation/submit.ts";
import { ApiFault, notFound } from "../fault.ts";
import { limitFault } from "../limits/limit-fault.ts";
import { removeCopied } from "../version/copied-files.ts";
import { refuseUnseenSecrets } from "../version/secret-scan.ts";
import { findCompleted, findVersion, type Version } from "../version/version.ts";
import { goLive } from "./live.ts";
import { describeSite, readSiteRow, rejectTakenDown } from "./site.ts";
import { nameSite } from "./slug.ts";

/** 5,000 files take a minute on a slow day; a copy that takes longer than this was left behind. */
export const COPY_MS = 10 * 60_000;
const COPIES_AT_ONCE = 32;

/** `assets/index-DiwrgTda.js`: Vite puts a hash of the content there. */
const HASHED = /^assets\/(?:.*\/)?[^/]+-[A-Za-z0-9_-]{8}\.[A-Za-z0-9.]+$/;

/** A file that the app itself put below `public/assets/` may have such a name, and change under it. */
const siteFilesOf = ({ manifest }: Version): SiteFile[] => {
  const own = new Set(manifest.source.map(({ path }) => path));
  return manifest.dist.map((file) =>
    HASHED.test(file.path) && !own.has(`public/${file.path}`) ? { ...file, hashed: true } : file,
  );
};

const inMegabytes = (sizeBytes: number) => `${Math.ceil(sizeBytes / 1024 / 1024)} MB`;
const sizeOf = (files: { sizeBytes: number }[]) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** @throws ApiFault `conflict` for a version that no visitor could use, or that is too large for a site */
const rejectUnfit = ({ manifest: { dist } }: Version) => {
  if (!dist.some(({ path }) => path === "index.html"))
    throw new ApiFault("conflict", "This version has no built page to publish. Choose one with a preview.");
  const { siteMaxFiles, siteMaxBytes } = LIMITS;
  if (dist.length > siteMaxFiles)
    throw new ApiFault(
      "conflict",
      `This version has ${dist.length} built files; a site may have ${siteMaxFiles}. Ask Leo to leave some out.`,
    );
  const sizeBytes = sizeOf(dist);
  if (sizeBytes > siteMaxBytes)
    throw new ApiFault(
      "conflict",
      `This version's built files have ${inMegabytes(sizeBytes)}; a site may have ${inMegabytes(siteMaxBytes)}. Ask Leo to make its pictures and media smaller.`,
    );
};

/** Counted under a lock of the user's. @throws ApiFault `limit_reached` */
const rejectOverLimits = async (orm: Orm, ownerId: Id, appId: Id, sizeBytes: number) => {
  const [others = { count: 0, sizeBytes: 0 }] = await orm
    .select({
      count: sql<number>`count(*)::int`,
      sizeBytes: sql<number>`coalesce(sum(${siteVersions.sizeBytes}), 0)::float8`,
    })
    .from(sites)
    .innerJoin(siteVersions, eq(siteVersions.id, sites.liveId))
    .where(and(eq(sites.ownerId, ownerId), isNotNull(sites.liveId), ne(sites.appId, appId)));
  const { sitesPerUser, siteBytesPerUser } = LIMITS;
  if (others.count >= sitesPerUser)
    throw limitFault(
      "limit_reached",
      `You have ${others.count} published sites, the limit is ${sitesPerUser}. Unpublish one to publish another.`,
      { limit: "sites_per_user", max: sitesPerUser, current: others.count },
    );
  if (others.sizeBytes + sizeBytes > siteBytesPerUser)
    throw limitFault(
      "limit_reached",
      `Your other sites have ${inMegabytes(others.sizeBytes)} and this one has ${inMegabytes(sizeBytes)}; the limit is ${inMegabytes(siteBytesPerUser)}. Unpublish one to publish another.`,
      { limit: "site_bytes_per_user", max: siteBytesPerUser, current: others.sizeBytes },
    );
};

/** A copy that is ready or on its way. */
interface Copy {
  id: Id;
  prefix: string;
  sizeBytes: number;
  /** Present while its objects are not there. */
  version?: Version;
}

const findHeld = async (orm: Orm, appId: Id, generationId: Id): Promise<Copy | undefined> => {
  const [row] = await orm
    .select({ id: siteVersions.id, prefix: siteVersions.prefix, sizeBytes: siteVersions.sizeBytes })
    .from(siteVersions)
    .where(
      and(
        eq(siteVersions.appId, appId),
        eq(siteVersions.generationId, generationId),
        eq(siteVersions.state, "ready"),
      ),
    );
  return row;
};

/** What is to be published, if it may be. @throws ApiFault */
const examine = (context: UserContext, appId: Id, generationId: Id) =>
  tx(context, async ({ orm }) => {
    const { userId } = context;
    await findApp(orm, userId, appId);
    const row = await readSiteRow(orm, appId);
    rejectTakenDown(row);
    const completed = await findCompleted(
      orm,
      userId,
      generationId,
      "Only a completed version can be published. This run has none.",
    );
    if (completed.appId !== appId) throw notFound("generation");
    const held = await findHeld(orm, appId, generationId);
    const accepted = row?.acceptedFindings;
    if (held) return { held, accepted };
    const version = await findVersion(orm, userId, generationId);
    rejectUnfit(version);
    return { version, accepted };
  });

/** Asks for the switch, and makes room for the copy. @returns what the request counts as, and what to switch to */
const begin = (
  context: UserContext,
  appId: Id,
  { generationId, confirm, slug, visibility }: PublishSite,
  subject: Awaited<ReturnType<typeof examine>>,
) =>
  inTurn(context, async ({ orm }) => {
    const { userId: ownerId, now } = context;
    const app = await lockApp(orm, ownerId, appId);
    const row = await readSiteRow(orm, appId);
    rejectTakenDown(row);
    const { version } = subject;
    const sizeBytes = version ? sizeOf(version.manifest.dist) : subject.held.sizeBytes;
    await rejectOverLimits(orm, ownerId, appId, sizeBytes);
    await nameSite(context, orm, app, {
      wanted: slug,
      isKnown: Boolean(row?.publishedAt),
    });
    const acceptedFindings = confirm ?? subject.accepted;
    const [asked] = await orm
      .insert(sites)
      .values({ appId, ownerId, change: 1, visibility, acceptedFindings })
      .onConflictDoUpdate({
        target: sites.appId,
        set: { change: sql`${sites.change} + 1`, acceptedFindings, ...(visibility ? { visibility } : {}) },
      })
      .returning({ change: sites.change });
    if (!asked) throw new Error("the site was not stored");
    if (!version) return { change: asked.change, copy: subject.held };
    const id = newId();
    const prefix = siteCopyPrefix(appId, generationId, id);
    const at = now();
    await orm.insert(siteVersions).values({
      id,
      appId,
      ownerId,
      generationId,
      prefix,
      files: siteFilesOf(version),
      clientRoutes: version.manifest.routes === "client",
      sizeBytes,
      createdAt: at,
      copyUntil: new Date(at.getTime() + COPY_MS),
    });
    return { change: asked.change, copy: { id, prefix, sizeBytes, version } satisfies Copy };
  });

/** @throws ApiFault `conflict` when files of the version are gone */
const copyFiles = async ({ storage }: Pick<Context, "storage">, prefix: string, version: Version) => {
  const queue = version.manifest.dist.values();
  const work = async () => {
    for (const { path } of queue) {
      if (await storage.copy(distKey(version.prefix, path), prefix + path)) continue;
      throw new ApiFault(
        "conflict",
        "Files of this version are no longer kept. Publish a newer one, or run the request again.",
      );
    }
  };
  // All of them end before this does: what a failed copy left is removed after.
  const ended = await Promise.allSettled(Array.from({ length: COPIES_AT_ONCE }, work));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
};

const overtaken = () =>
  new ApiFault(
    "conflict",
    "The site was changed while this version was being published. Look at it, and publish again if you still want to.",
  );

/** @throws ApiFault `conflict` when something else was asked of the site after this */
const switchTo = (context: UserContext, appId: Id, copy: Copy, change: number): Promise<Site> =>
  inTurn(context, async ({ orm }) => {
    const { userId: ownerId, now } = context;
    const app = await lockApp(orm, ownerId, appId);
    // Others may have been published meanwhile.
    await rejectOverLimits(orm, ownerId, appId, copy.sizeBytes);
    const ready = await orm
      .update(siteVersions)
      .set({ state: "ready" })
      .where(
        and(
          eq(siteVersions.id, copy.id),
          // A held one may have begun to go.
          ne(siteVersions.state, "removing"),
        ),
      )
      .returning({ id: siteVersions.id });
    const row = await readSiteRow(orm, appId);
    if (ready.length === 0 || !row) throw overtaken();
    rejectTakenDown(row);
    if (!(await goLive(orm, row, copy.id, change, now()))) throw overtaken();
    return describeSite(context, app);
  });

/** What a publish that came to nothing has copied. A commit may have happened although its answer was lost. */
const abandon = async (context: UserContext, copy: Copy) => {
  const abandoned = await tx(context, ({ orm }) =>
    orm
      .update(siteVersions)
      .set({ state: "removing", copyUntil: context.now() })
      .where(and(eq(siteVersions.id, copy.id), eq(siteVersions.state, "copying")))
      .returning({ id: siteVersions.id }),
  );
  // The row goes with the next look at what is to be removed.
  if (abandoned.length > 0) await removeCopied(context, copy.prefix);
};

/**
 * Makes a version what visitors of the app's site get.
 * @returns the site as it is now
 * @throws ApiFault `not_found`; `secrets_found`; `limit_reached`; `conflict` for a version that cannot be published,
 * an address that is taken, a site that was taken down, or one of which something else was asked meanwhile
 */
export const publishSite = async (context: UserContext, appId: Id, request: PublishSite): Promise<Site> => {
  const subject = await examine(context, appId, request.generationId);
  if (subject.version)
    await refuseUnseenSecrets(context, subject.version, [request.confirm, subject.accepted]);
  const { change, copy } = await begin(context, appId, request, subject);
  try {
    if (copy.version) await copyFiles(context, copy.prefix, copy.version);
    return await switchTo(context, appId, copy, change);
  } catch (cause) {
    if (copy.version) await abandon(context, copy);
    throw cause;
  }
};
