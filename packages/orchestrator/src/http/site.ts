/**
 * Sites as visitors see them. What is served here is untrusted code on its own origin: it gets no cookie, token or
 * response from Leo's API. Each request is answered from the version that's live when it arrives. Files with a hash
 * in their name stay readable after they're replaced, for open pages.
 */
import type { Context as HonoContext } from "hono";
import { candidatesOf, serve, type Served } from "@leo/core/preview/address.ts";
import { slugProblem } from "@leo/core/site.ts";
import type { Context } from "../app-context.ts";
import { isSameToken, LINK_PARAMETER } from "../preview/link.ts";
import { cleanPath, cookiesNamed, isNavigation, toFolder } from "./app-request.ts";
import type { Env } from "./env.ts";
import { messagePage } from "./message-page.ts";
import { hasOwnOrigin, isSiteToken, siteUrl } from "../site/address.ts";
import { createContents } from "../site/cache.ts";
import { siteHeaders } from "./site-headers.ts";
import type { FilesOfVersion, ResolvedSite, Sites, SiteVersion } from "../site/resolve.ts";
import { sendFile, type SiteAnswer } from "./site-file.ts";

type SiteContext = HonoContext<Env>;
type LiveSite = Extract<ResolvedSite, { kind: "live" }>;

/** Bound to its host, whatever other sites of the domain set. `Lax`, because people follow links to sites. */
const COOKIE = "__Host-leo-site";
const COOKIE_ATTRIBUTES = "Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax";
/** Reserved for an app's own server, and for Leo. */
const KEPT_PATH = /^\/(?:api|\.leo)(?:\/|$)/i;

/** A request to a site. */
export interface SiteRequest {
  slug: string;
  /** The raw path within the site. */
  path: string;
  /** The token in the path, if sites have no hosts of their own. */
  token?: string;
}

const noSite = (c: SiteContext) =>
  messagePage(
    c,
    404,
    "No site here",
    "Nothing is published at this address, or it needs a link. Check the address, or ask the person who sent it.",
  );

const gone = (c: SiteContext, isTakenDown: boolean) =>
  messagePage(
    c,
    410,
    "This site is gone",
    isTakenDown ? "It was taken down by an administrator." : "Its owner has unpublished it.",
  );

const noFile = (c: SiteContext) =>
  isNavigation(c)
    ? messagePage(c, 404, "Page not found", "This site has no such page.")
    : c.text("Not found", 404, { "cache-control": "no-store" });

const opens = (shown: string | undefined, token: string) => shown !== undefined && isSameToken(shown, token);

/** Removes the token from the address, in exchange for a cookie on this host. */
const exchange = (c: SiteContext, token: string) => {
  const url = new URL(c.req.url);
  url.searchParams.delete(LINK_PARAMETER);
  return c.body(null, 302, {
    // Two slashes would name another host.
    location: url.pathname.replace(/^\/+/, "/") + url.search,
    "set-cookie": `${COOKIE}=${token}; ${COOKIE_ATTRIBUTES}`,
    "cache-control": "no-store",
  });
};

const toNewName = (c: SiteContext, config: Context["config"], slug: string, path: string) => {
  const site = new URL(siteUrl(config, slug)).href.replace(/\/$/, "");
  const location = site + path + new URL(c.req.url).search;
  return c.body(null, 302, { location, "cache-control": "no-store" });
};

const ROBOTS = "robots.txt";

const sendRobots = (c: SiteContext, text: string) =>
  c.text(text, 200, { "cache-control": "no-cache", "content-type": "text/plain; charset=utf-8" });

/** A page loaded before the switch requests its own scripts and styles. */
const findEarlier = async (sites: Sites, site: LiveSite, path: string) => {
  const named = candidatesOf(path).filter((candidate) => candidate.startsWith("assets/"));
  if (named.length === 0) return undefined;
  for (const version of site.earlier) {
    const files = await sites.files(version);
    const file = named.find((candidate) => files.get(candidate)?.hashed);
    if (file !== undefined) return { version, files, file };
  }
  return undefined;
};

/**
 * Serves sites.
 * @param sites shared with the listener that learns of changes
 */
export const createSiteServer = (context: Context, sites: Sites) => {
  const { config } = context;
  const contents = createContents(context.storage);
  const headers = siteHeaders(config);
  const ownOrigin = hasOwnOrigin(config);

  const send = async (
    c: SiteContext,
    site: LiveSite,
    version: SiteVersion,
    files: FilesOfVersion,
    { path, status }: { path: string; status: 200 | 404 },
  ) => {
    const file = files.get(path);
    if (!file) return undefined;
    const answer: SiteAnswer = {
      file,
      key: version.prefix + path,
      status,
      isPublic: site.token === undefined,
      needsBridge: !ownOrigin,
    };
    const response = await sendFile(c, context, contents, answer);
    if (!response)
      context.log.error(
        { event: "site_file_missing", appId: site.appId, key: answer.key },
        "a file of a published site is not in the bucket",
      );
    return response;
  };

  const sendEarlier = async (c: SiteContext, site: LiveSite, path: string) => {
    const found = await findEarlier(sites, site, path);
    return found && send(c, site, found.version, found.files, { path: found.file, status: 200 });
  };

  const answerLive = async (c: SiteContext, site: LiveSite, rawPath: string): Promise<Response> => {
    const path = KEPT_PATH.test(rawPath) ? undefined : cleanPath(rawPath);
    if (path === undefined) return noFile(c);
    const files = await sites.files(site.live);
    if (path === ROBOTS && (site.noindex || !files.has(ROBOTS)))
      return sendRobots(c, `User-agent: *\n${site.noindex ? "Disallow: /" : "Allow: /"}\n`);
    const served: Served = serve(path, {
      isNavigation: isNavigation(c),
      hasClientRoutes: site.live.clientRoutes,
      has: (file) => files.has(file),
    });
    if (served.kind === "folder") return toFolder(c, path);
    if (served.kind === "file" && served.status === 200)
      return (await send(c, site, site.live, files, served)) ?? noFile(c);
    const earlier = await sendEarlier(c, site, path);
    if (earlier) return earlier;
    return (served.kind === "file" && (await send(c, site, site.live, files, served))) || noFile(c);
  };

  const answer = async (c: SiteContext, { slug, path, token: inPath }: SiteRequest): Promise<Response> => {
    const site = await sites.find(slug);
    if (site.kind === "none") return noSite(c);
    if (site.kind === "moved")
      return toNewName(c, config, site.slug, inPath === undefined ? path : `/${inPath}${path}`);
    if (site.kind !== "live") return gone(c, site.kind === "taken_down");
    c.set("siteAppId", site.appId);
    if (site.noindex || site.token !== undefined) c.header("x-robots-tag", "noindex, nofollow");
    if (site.token === undefined) return answerLive(c, site, path);
    const inAddress = c.req.query(LINK_PARAMETER);
    if (ownOrigin && opens(inAddress, site.token)) return exchange(c, site.token);
    if (!opens(ownOrigin ? cookiesNamed(c, COOKIE)[0] : inPath, site.token)) return noSite(c);
    return answerLive(c, site, path);
  };

  return async (c: SiteContext, request: SiteRequest): Promise<Response> => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (c.req.method !== "GET" && c.req.method !== "HEAD")
      return c.text("Method not allowed", 405, { allow: "GET, HEAD" });
    // On Leo's own host it would become Leo's worker.
    if (!ownOrigin && c.req.header("service-worker") !== undefined) return noFile(c);
    return answer(c, request);
  };
};

/**
 * Splits what follows `/site/` in a path: `{slug}/{token}/…`, with the token for sites that need a link.
 * @returns undefined if it names no site
 */
export const sitePath = (path: string): SiteRequest | undefined => {
  const [slug = "", ...rest] = path.split("/");
  if (slugProblem(slug) !== undefined) return undefined;
  const [first = ""] = rest;
  return isSiteToken(first)
    ? { slug, token: first, path: `/${rest.slice(1).join("/")}` }
    : { slug, path: `/${rest.join("/")}` };
};
