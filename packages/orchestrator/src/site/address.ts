/** Where sites are: hosts beside those of previews, or paths on Leo's own host where previews are paths. */
import { createHmac } from "node:crypto";
import type { Id } from "@leo/core/id.ts";
import { slugProblem } from "@leo/core/site.ts";
import type { Config } from "../config.ts";
import { LINK_PARAMETER } from "../preview/link.ts";
import { previewPlace, previewUrl } from "../preview/url.ts";

type Settings = Pick<Config, "LEO_PREVIEW_URL_TEMPLATE" | "LEO_PUBLIC_URL">;

/** The path of all sites where they have no hosts. */
export const SITES_PATH = "/site/";

export const hasOwnOrigin = ({ LEO_PREVIEW_URL_TEMPLATE: template }: Settings) =>
  previewPlace(template).kind === "host";

/** The address of a site, with a slash at its end. */
export const siteUrl = (
  { LEO_PREVIEW_URL_TEMPLATE: template, LEO_PUBLIC_URL: publicUrl }: Settings,
  slug: string,
) =>
  previewPlace(template).kind === "host"
    ? new URL("/", previewUrl(template, slug)).href
    : new URL(`${SITES_PATH}${slug}/`, publicUrl).href;

/** The address of a site that takes a link, with the token that opens it. */
export const siteLink = (settings: Settings, slug: string, token: string): string => {
  const url = new URL(siteUrl(settings, slug));
  if (!hasOwnOrigin(settings)) return `${url.href}${token}/`;
  url.searchParams.set(LINK_PARAMETER, token);
  return url.href;
};

/** The token of a site's link: it stays the same until the owner asks for another, which changes the key. */
export const siteToken = (linkKey: string, appId: Id) =>
  `leo_st_${createHmac("sha256", linkKey).update(appId).digest("base64url")}`;

export const isSiteToken = (text: string) => /^leo_st_[A-Za-z0-9_-]{43}$/.test(text);

/**
 * Whose site a host is.
 * @param host the first label and what follows it, in any case, perhaps with a dot at its end
 * @returns undefined for a host that is no site's; whether there is such a site is another question
 */
export const siteHostSlug = (template: string, host: string): string | undefined => {
  const place = previewPlace(template);
  if (place.kind !== "host") return undefined;
  const hostname = host.toLowerCase().replace(/\.$/, "");
  if (!hostname.endsWith(place.suffix)) return undefined;
  const slug = hostname.slice(0, -place.suffix.length);
  return slugProblem(slug) === undefined ? slug : undefined;
};

/** Whether a site of this name would answer in the place of Leo itself. */
export const isLeosOwn = (settings: Settings, slug: string) =>
  hasOwnOrigin(settings) &&
  new URL(siteUrl(settings, slug)).hostname === new URL(settings.LEO_PUBLIC_URL).hostname;
