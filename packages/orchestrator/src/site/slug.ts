/** The names of sites: proposed from the app's name, taken, changed, and for a time kept after a change. */
import { randomInt } from "node:crypto";
import { and, desc, eq, isNotNull, isNull, lt, sql } from "drizzle-orm";
import { LIMITS } from "@leo/core/limits.ts";
import { slugProblem } from "@leo/core/site.ts";
import type { UserContext } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { siteAddresses } from "../db/schema.ts";
import { APPS_CHANNEL } from "../events/append.ts";
import { slug as asciiWords } from "../app/slug.ts";
import { ApiFault } from "../fault.ts";
import { isLeosOwn } from "./address.ts";

const DAY_MS = 24 * 3_600_000;
/** How many former names one app keeps: more would let it hoard names. */
const FORMER_MAX = 3;
const TRIES = 20;
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const SUFFIX_CHARS = 4;

type Settings = UserContext["config"];

const problemOf = (settings: Settings, slug: string) =>
  slugProblem(slug) ??
  (isLeosOwn(settings, slug) ? `“${slug}” is Leo's own address. Choose another one.` : undefined);

const randomSuffix = () =>
  Array.from({ length: SUFFIX_CHARS }, () => LETTERS[randomInt(LETTERS.length)]).join("");

const shortened = (slug: string, maxChars: number) => slug.slice(0, maxChars).replace(/-+$/, "");

/** A name for a site, made of the app's; of an app whose name has nothing of ASCII, `app`. */
export const proposedSlug = (settings: Settings, appName: string): string => {
  const words = shortened(asciiWords(appName), LIMITS.siteSlugMaxChars);
  if (problemOf(settings, words) === undefined) return words;
  const longer = shortened(`${words}-app`.replace(/^-/, ""), LIMITS.siteSlugMaxChars);
  return problemOf(settings, longer) === undefined ? longer : "my-app";
};

const presentOf = async (orm: Orm, appId: string) => {
  const [row] = await orm
    .select({ slug: siteAddresses.slug })
    .from(siteAddresses)
    .where(and(eq(siteAddresses.appId, appId), isNull(siteAddresses.formerUntil)));
  return row?.slug;
};

/** Inserts a name unless it is taken, by whomever. */
const insert = async (orm: Orm, row: typeof siteAddresses.$inferInsert): Promise<boolean> => {
  const inserted = await orm
    .insert(siteAddresses)
    .values(row)
    .onConflictDoNothing()
    .returning({ slug: siteAddresses.slug });
  return inserted.length > 0;
};

interface Owner {
  appId: string;
  ownerId: string;
}

/** Of an app without a name yet: the proposed one, or that and a few letters where it is taken. */
const takeProposed = async (
  { config }: UserContext,
  orm: Orm,
  owner: Owner,
  appName: string,
): Promise<void> => {
  const wanted = proposedSlug(config, appName);
  const base = shortened(wanted, LIMITS.siteSlugMaxChars - SUFFIX_CHARS - 1);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const slug = tried === 0 ? wanted : `${base}-${randomSuffix()}`;
    if (await insert(orm, { slug, ...owner })) return;
  }
  throw new ApiFault("conflict", "No free address was found for this app. Choose one yourself.");
};

/** The former names that an app no longer keeps. */
const forgetOldest = async (orm: Orm, appId: string) => {
  const former = await orm
    .select({ slug: siteAddresses.slug })
    .from(siteAddresses)
    .where(and(eq(siteAddresses.appId, appId), isNotNull(siteAddresses.formerUntil)))
    .orderBy(desc(siteAddresses.formerUntil))
    .offset(FORMER_MAX);
  for (const { slug } of former) await orm.delete(siteAddresses).where(eq(siteAddresses.slug, slug));
};

/**
 * Gives an app's site a name, in a transaction that holds the app.
 * @param wanted undefined: the one it has, or the proposed one
 * @param isKnown whether people may know the present name, so that it must lead to the new one
 * @throws ApiFault `bad_request` for one of Leo's own, `conflict` for one that is taken
 */
export const nameSite = async (
  context: UserContext,
  orm: Orm,
  app: { id: string; name: string },
  { wanted, isKnown }: { wanted?: string; isKnown: boolean },
): Promise<void> => {
  const owner = { appId: app.id, ownerId: context.userId };
  const present = await presentOf(orm, app.id);
  if (wanted === undefined) {
    if (present === undefined) await takeProposed(context, orm, owner, app.name);
    return;
  }
  if (wanted === present) return;
  const problem = problemOf(context.config, wanted);
  if (problem !== undefined) throw new ApiFault("bad_request", problem);
  const ofPresent = and(eq(siteAddresses.appId, app.id), isNull(siteAddresses.formerUntil));
  if (isKnown) {
    const formerUntil = new Date(context.now().getTime() + LIMITS.siteRedirectDays * DAY_MS);
    await orm.update(siteAddresses).set({ formerUntil }).where(ofPresent);
  } else await orm.delete(siteAddresses).where(ofPresent);
  // It takes back its own former name.
  await orm.delete(siteAddresses).where(and(eq(siteAddresses.slug, wanted), eq(siteAddresses.appId, app.id)));
  if (!(await insert(orm, { slug: wanted, ...owner })))
    throw new ApiFault("conflict", `The address “${wanted}” is taken. Choose another one.`);
  await forgetOldest(orm, app.id);
};

/** Every name that leads to an app's site. */
export const slugsOf = async (orm: Orm, appId: string): Promise<string[]> => {
  const rows = await orm
    .select({ slug: siteAddresses.slug })
    .from(siteAddresses)
    .where(eq(siteAddresses.appId, appId));
  return rows.map(({ slug }) => slug);
};

/** Frees former names that have expired. */
export const freeFormerSlugs = (orm: Orm, now: Date) =>
  orm.delete(siteAddresses).where(lt(siteAddresses.formerUntil, now));

/** Channel whose payload is the name of a site that has changed. */
export const SITES_CHANNEL = "leo_sites";

/**
 * Notifies all orchestrators once the transaction is committed, and through them the owner's open pages.
 * @param before names that no longer lead to the site
 */
export const notifySite = async (
  orm: Orm,
  { appId, ownerId }: Owner,
  before: readonly string[] = [],
): Promise<void> => {
  const slugs = new Set([...before, ...(await slugsOf(orm, appId))]);
  for (const slug of slugs) await orm.execute(sql`select pg_notify(${SITES_CHANNEL}, ${slug})`);
  await orm.execute(sql`select pg_notify(${APPS_CHANNEL}, ${`${ownerId}:${appId}`})`);
};
