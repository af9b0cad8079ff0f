/** Sites: an app at a public address of its own. (`github.ts` is about pushing versions.) */
import { z } from "zod";
import { Reason } from "./account.ts";
import { Id } from "./id.ts";
import { LIMITS } from "./limits.ts";

/** First labels that mail, certificates, browsers or people associate with the domain itself. */
const RESERVED = new Set(
  `about abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover billing blog
  cdn console contact dashboard dev dns docs email files ftp health help home host hostmaster images imap info
  internal isatap leo local localhost login logout mail media metrics mx news ns1 ns2 pay payment payments pop pop3
  postmaster preview previews prod production proxy relay root secure security server share shop signin signup site
  sites smtp ssh sso staging static status store support system test webmail webmaster wpad www www1 www2`.split(
    /\s+/,
  ),
);

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

const { siteSlugMinChars: MIN, siteSlugMaxChars: MAX } = LIMITS;

/**
 * Why a text can't be the first label of a site's host.
 * @param slug in lower case
 * @returns a sentence for the app's owner, or undefined if it can
 */
export const slugProblem = (slug: string): string | undefined => {
  const stranger = /[^a-z0-9-]/u.exec(slug)?.[0];
  if (slug === "") return "The address is empty.";
  if (stranger !== undefined)
    return `Use only letters from a to z, digits and hyphens in the address, not “${stranger}”.`;
  if (slug.length < MIN) return `The address needs at least ${MIN} characters.`;
  if (slug.length > MAX)
    return `The address can have at most ${MAX} characters. This one has ${slug.length}.`;
  if (slug.startsWith("-") || slug.endsWith("-"))
    return "The address must start and end with a letter or digit.";
  if (slug.includes("--")) return "The address can't have two hyphens in a row.";
  if (UUID.test(slug)) return "The address can't look like an ID. Choose words.";
  if (RESERVED.has(slug)) return `“${slug}” is reserved. Choose another address.`;
  return undefined;
};

/** The first label of a site's host. Upper case becomes lower case. */
export const SiteSlug = z
  .string()
  .max(1_000, `The address can have at most ${MAX} characters.`)
  .trim()
  .toLowerCase()
  .superRefine((slug, context) => {
    const message = slugProblem(slug);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** `link`: only people who have the site's link can see it. */
export const SiteVisibility = z.enum(["public", "link"]);
export type SiteVisibility = z.infer<typeof SiteVisibility>;

/** `new` has never been published. */
export const SiteState = z.enum(["new", "published", "unpublished", "taken_down"]);
export type SiteState = z.infer<typeof SiteState>;

/** An app's site as its owner sees it. */
export const Site = z.object({
  state: SiteState,
  /** For a new site: a proposal, which may be taken by the time it's published. */
  slug: z.string(),
  url: z.string(),
  /** The address that opens a site of visibility `link`. */
  link: z.string().optional(),
  visibility: SiteVisibility,
  /** Search engines are asked to stay away. */
  noindex: z.boolean(),
  /** The version that visitors get. */
  live: z.object({ generationId: Id, publishedAt: z.iso.datetime() }).optional(),
  /** Versions whose files the site holds, including the live one: publishing one of them copies nothing. */
  held: z.array(Id),
  /** By an administrator, and why. */
  takenDown: z.object({ at: z.iso.datetime(), reason: z.string() }).optional(),
  /** False without a preview domain: then, what visitors type doesn't last. */
  ownOrigin: z.boolean(),
});
export type Site = z.infer<typeof Site>;

export const PublishSite = z.object({
  generationId: Id,
  /** Digest of the findings that the caller has reviewed and accepts. */
  confirm: z.string().max(100).optional(),
  slug: SiteSlug.optional(),
  visibility: SiteVisibility.optional(),
});
export type PublishSite = z.infer<typeof PublishSite>;

export const ChangeSite = z.object({
  slug: SiteSlug.optional(),
  visibility: SiteVisibility.optional(),
  noindex: z.boolean().optional(),
  /** Creates another link; the previous one stops working. */
  renewLink: z.literal(true).optional(),
});
export type ChangeSite = z.infer<typeof ChangeSite>;

/** A site as operators see it. */
export const AdminSite = z.object({
  appId: Id,
  appName: z.string(),
  ownerId: Id,
  ownerEmail: z.string().optional(),
  state: SiteState,
  url: z.string(),
  visibility: SiteVisibility,
  sizeBytes: z.int(),
  publishedAt: z.iso.datetime().optional(),
  takenDown: Site.shape.takenDown,
});
export type AdminSite = z.infer<typeof AdminSite>;
export const AdminSites = z.object({ sites: z.array(AdminSite) });
export const TakeDownSite = z.object({ reason: Reason });
