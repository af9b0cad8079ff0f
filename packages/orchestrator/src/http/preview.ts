/**
 * Previews: the built files of a version, on an origin of their own or under a path with an
 * opaque origin. Everything served here is untrusted, and private: it takes a link's token, from the
 * address or, on a host of its own, from that host's cookie (`preview/link.ts`). No other
 * cookie and no token of Leo's is read here, and what is set here reaches no other host.
 */
import type { Context as HonoContext } from "hono";
import { Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { candidatesOf, serve } from "@leo/core/preview/address.ts";
import { previewHeaders } from "@leo/core/preview/serving.ts";
import type { Context } from "../app-context.ts";
import { findPreviewFiles, mayOpenPreview, type OpenedPreview, type PreviewFile } from "../preview/file.ts";
import { isLinkToken, LINK_PARAMETER } from "../preview/link.ts";
import { previewPlace, type PreviewPlace } from "../preview/url.ts";
import { createRecent } from "../auth/recent.ts";
import { readBytes } from "../version/version.ts";
import { cleanPath, cookiesNamed, isNavigation, toFolder } from "./app-request.ts";
import type { Env } from "./env.ts";
import {
  bridgedTag,
  isPage,
  partHeaders,
  rangeInBucket,
  sendBridged,
  sendUnsatisfiable,
  typeOf,
  wantedRange,
} from "./file-answer.ts";
import { comesFromForeignPage } from "./foreign-page.ts";
import type { Guard } from "../auth/guard.ts";
import { messagePage } from "./message-page.ts";
import { matchesTag, type ByteRange } from "./range.ts";
import { transportSecurity } from "./security-headers.ts";
import { streamed } from "./stream.ts";

type PreviewContext = HonoContext<Env>;

/** Files up to this size are read before they're sent, so that a slow reader holds no connection to S3. */
const READ_AHEAD_MAX_BYTES = 1024 * 1024;

/**
 * Secure, so only on HTTPS or `*.localhost`. `None` and `Partitioned`, because on a laptop Leo's page, which
 * frames it, is another site. The prefix keeps other previews from setting it here.
 */
const COOKIE = "__Host-leo-preview";
const COOKIE_ATTRIBUTES = "Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=None; Partitioned";
/** The most tokens that one request is checked against. */
const TOKENS_MAX = 4;

const noPreview = (c: PreviewContext) =>
  messagePage(
    c,
    404,
    "No preview here",
    "This preview is private and needs a working link. Open it from Leo, or ask the person who sent you here for a new one.",
  );

const noFile = (c: PreviewContext) =>
  isNavigation(c)
    ? messagePage(c, 404, "Page not found", "The app has no such page.")
    : c.text("Not found", 404, { "cache-control": "no-store" });

/** Files with a hash in their name never change; neither does a version, but it can be deleted. */
const cacheControl = (path: string) =>
  path.startsWith("assets/") ? "private, max-age=86400, immutable" : "private, no-cache";

/** Announces the object's own size: a wrong size would let the app forge the next response. */
const read = async (c: PreviewContext, { storage, log }: Context, file: PreviewFile, range?: ByteRange) => {
  const object = await storage.read(file.key, {
    maxBytes: LIMITS.fileMaxBytes,
    range: rangeInBucket(range),
  });
  if (!object) return undefined;
  const { body, sizeBytes } = object;
  const isReadAhead = sizeBytes <= READ_AHEAD_MAX_BYTES;
  const content = isReadAhead ? await new Response(body).arrayBuffer() : streamed(c.env, log, body);
  return { sizeBytes, content };
};

const sendPage = async (
  context: Context,
  c: PreviewContext,
  file: PreviewFile,
  status: 200 | 404 = 200,
): Promise<Response> => {
  const tag = bridgedTag(file.sha256);
  const isFound = status === 200;
  const headers: Record<string, string> = isFound
    ? { etag: tag, "cache-control": cacheControl(file.path) }
    : { "cache-control": "no-store" };
  if (isFound && matchesTag(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);
  const content = await readBytes(context.storage, file.key);
  return content === undefined ? expired(c) : sendBridged(c, status, content, headers);
};

const expired = (c: PreviewContext) =>
  messagePage(
    c,
    404,
    "This version has expired",
    "Its files are no longer kept. Run the request again to get a new one.",
  );

const send = async (context: Context, c: PreviewContext, file: PreviewFile): Promise<Response> => {
  if (isPage(file.path)) return sendPage(context, c, file);
  const tag = `"${file.sha256}"`;
  const headers: Record<string, string> = { etag: tag, "cache-control": cacheControl(file.path) };
  if (matchesTag(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);

  headers["accept-ranges"] = "bytes";
  const range = wantedRange(c, file.sizeBytes, tag);
  if (range === "unsatisfiable") return sendUnsatisfiable(c, file.sizeBytes, headers);
  headers["content-type"] = typeOf(file.path);
  Object.assign(headers, partHeaders(file.sizeBytes, range));
  const status = range ? 206 : 200;
  if (c.req.method === "HEAD") return c.body(null, status, headers);

  const found = await read(c, context, file, range);
  if (found === undefined) return expired(c);
  headers["content-length"] = String(found.sizeBytes);
  return c.body(found.content, status, headers);
};

/** A pass lasts a week and stays the same all day, so that browsers can cache the app's files. */
const PASS_DAYS = 7;
const DAY_MS = 24 * 3_600_000;
const passEnd = (now: Date) => new Date((Math.ceil(now.getTime() / DAY_MS) + PASS_DAYS) * DAY_MS);

/**
 * A page's address without its link's token, which the app's code must not see: neither in its address nor in the
 * browser's record of loading it. A redirect leaves no trace of the previous address.
 * @returns undefined for an address without one
 */
const withoutToken = (
  c: PreviewContext,
  place: PreviewPlace,
  { token, pass }: OpenedPreview,
  now: Date,
): string | undefined => {
  const { pathname, search, searchParams } = new URL(c.req.url);
  if (place.kind === "path")
    return isLinkToken(token) ? pathname.replace(token, pass(passEnd(now))) + search : undefined;
  if (!searchParams.has(LINK_PARAMETER)) return undefined;
  searchParams.delete(LINK_PARAMETER);
  // One slash; two would name a host.
  const path = pathname.replace(/^[/\\]+/, "/");
  return searchParams.size > 0 ? `${path}?${searchParams.toString()}` : path;
};

const answer = (
  context: Context,
  c: PreviewContext,
  path: string,
  opened: OpenedPreview,
  place: PreviewPlace,
) => {
  const { files, hasClientRoutes, token } = opened;
  const has = (file: string) => files.has(file);
  const served = serve(path, { isNavigation: isNavigation(c), hasClientRoutes, has });
  if (served.kind === "folder") return toFolder(c, path);
  const file = served.kind === "file" ? files.get(served.path) : undefined;
  if (!file || served.kind !== "file") return noFile(c);
  if (place.kind === "host" && isPage(file.path))
    c.header("set-cookie", `${COOKIE}=${token}; ${COOKIE_ATTRIBUTES}`);
  const address = isPage(file.path) ? withoutToken(c, place, opened, context.now()) : undefined;
  if (address !== undefined) return c.body(null, 302, { location: address, "cache-control": "no-store" });
  return served.status === 200 ? send(context, c, file) : sendPage(context, c, file, served.status);
};

/** The tokens that a request to a preview's own host carries: in its address, then in its cookies. */
const tokensOf = (c: PreviewContext): string[] =>
  [c.req.query(LINK_PARAMETER) ?? "", ...cookiesNamed(c, COOKIE)].slice(0, TOKENS_MAX);

/** Which preview is requested, and which part of it. */
export interface PreviewRequest {
  /** Null: a preview host without a valid id. */
  id: string | null;
  /** The raw path within the preview. */
  path: string;
  /** The token in the path, if it belongs there. */
  token?: string;
}

/** Links known to have opened a preview; about 50 bytes each. */
const OPENED_MAX = 20_000;

const tooManyLinks = (c: PreviewContext, waitSeconds: number) => {
  c.header("retry-after", String(waitSeconds));
  return messagePage(
    c,
    429,
    "Too many invalid links",
    `Many links to previews that open nothing came from your address. Try again in ${waitSeconds} s.`,
  );
};

/** Serves previews. */
export const createPreview = (context: Context, guard: Guard) => {
  const known = createRecent(OPENED_MAX);
  const open = async (c: PreviewContext, id: string, tokens: string[], paths: string[]) => {
    const { address } = c.var;
    const isKnown = tokens.some((token) => known.has(`${id} ${token}`));
    const waitSeconds = isKnown ? 0 : guard.previewWaitSeconds(address);
    if (waitSeconds > 0) return tooManyLinks(c, waitSeconds);
    const opened = await findPreviewFiles(context, id, tokens, paths);
    if (opened) known.add(`${id} ${opened.token}`);
    else guard.refusedPreview(address);
    return opened;
  };

  const place = previewPlace(context.config.LEO_PREVIEW_URL_TEMPLATE);
  const publicUrl = new URL(context.config.LEO_PUBLIC_URL);
  const headers = {
    ...previewHeaders({ ownOrigin: place.kind === "host" }, publicUrl.origin),
    ...transportSecurity(publicUrl),
  };
  return async (c: PreviewContext, { id, path, token }: PreviewRequest): Promise<Response> => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (c.req.method !== "GET" && c.req.method !== "HEAD")
      return c.text("Method not allowed", 405, { allow: "GET, HEAD" });
    // A service worker would answer instead of the server, without the headers above.
    if (c.req.header("service-worker") !== undefined) return noFile(c);
    // A host's files are for its own pages only; under a path an app has no origin to request them from.
    if (place.kind === "host" && !isNavigation(c) && comesFromForeignPage(c)) return noFile(c);
    const generationId = Id.safeParse(id);
    if (!generationId.success) return noPreview(c);
    c.set("previewId", generationId.data);
    const tokens = (place.kind === "host" ? tokensOf(c) : [token ?? ""]).filter(mayOpenPreview);
    if (tokens.length === 0) return noPreview(c);
    const wanted = cleanPath(path);
    const candidates = wanted === undefined ? ["index.html"] : candidatesOf(wanted);
    const opened = await open(c, generationId.data, tokens, candidates);
    if (opened instanceof Response) return opened;
    if (!opened) return noPreview(c);
    if (wanted === undefined) return noFile(c);
    return answer(context, c, wanted, opened, place);
  };
};
