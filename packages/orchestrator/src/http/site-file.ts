/** One file of a site as an answer: its type, its tag, its encoding, a part of it. */
import { createHash } from "node:crypto";
import type { Context as HonoContext } from "hono";
import { getMimeType } from "hono/utils/mime";
import { LIMITS } from "@leo/core/limits.ts";
import { BRIDGE, withBridge } from "@leo/core/preview/serving.ts";
import type { Context } from "../app-context.ts";
import type { SiteFile } from "../db/schema/sites.ts";
import type { Env } from "./env.ts";
import { matchesTag, parseRange, type ByteRange } from "./range.ts";
import { streamed } from "./stream.ts";
import { CACHED_FILE_MAX_BYTES, chosenEncoding, mayCompress, type Contents } from "../site/cache.ts";

const YEAR_SECONDS = 365 * 24 * 3600;
/** Part of a page's tag, so that a new bridge reaches pages that browsers have. */
const BRIDGE_TAG = createHash("sha256").update(BRIDGE).digest("hex").slice(0, 8);

export interface SiteAnswer {
  file: SiteFile;
  /** The object that holds it. */
  key: string;
  status: 200 | 404;
  /** Caches between Leo and the visitor may keep it. */
  isPublic: boolean;
  /** A page under a path of Leo's own host needs it: there is no storage in an opaque origin. */
  needsBridge: boolean;
}

const cacheControl = ({ file, status, isPublic }: SiteAnswer): string => {
  if (status === 404) return "no-store";
  const who = isPublic ? "public" : "private";
  return file.hashed ? `${who}, max-age=${YEAR_SECONDS}, immutable` : `${who}, no-cache`;
};

const typeOf = (path: string) => getMimeType(path) ?? "application/octet-stream";
const isPage = (path: string) => /\.html?$/i.test(path);

/** @returns undefined when the file is gone from the bucket */
type Answering = Promise<Response | undefined>;

/** A page of an opaque origin: rare enough to be put together each time. */
const sendWithBridge = async (c: HonoContext<Env>, contents: Contents, answer: SiteAnswer): Answering => {
  const tag = `"${answer.file.sha256}-${BRIDGE_TAG}"`;
  const headers = { etag: tag, "cache-control": cacheControl(answer) };
  if (answer.status === 200 && matchesTag(c.req.header("if-none-match"), tag))
    return c.body(null, 304, headers);
  const content = await contents.read(answer.key);
  if (!content) return undefined;
  const body = new TextEncoder().encode(withBridge(new TextDecoder().decode(content)));
  const all = {
    ...headers,
    "content-type": "text/html; charset=utf-8",
    "content-length": String(body.byteLength),
  };
  return c.req.method === "HEAD" ? c.body(null, answer.status, all) : c.body(body, answer.status, all);
};

const wantedRange = (c: HonoContext<Env>, sizeBytes: number, tag: string) => {
  const condition = c.req.header("if-range");
  if (condition !== undefined && condition !== tag) return undefined;
  return parseRange(c.req.header("range"), sizeBytes);
};

const partOf = (content: Uint8Array<ArrayBuffer>, range: ByteRange | undefined) =>
  range ? content.subarray(range.start, range.end + 1) : content;

/** Too large to be kept in memory: from the bucket to the visitor. */
const stream = async (
  c: HonoContext<Env>,
  { storage, log }: Context,
  { key, status }: SiteAnswer,
  headers: Record<string, string>,
  range: ByteRange | undefined,
): Answering => {
  const object = await storage.read(key, {
    maxBytes: LIMITS.fileMaxBytes,
    range: range && `bytes=${range.start}-${range.end}`,
  });
  if (!object) return undefined;
  return c.body(streamed(c.env, log, object.body), range ? 206 : status, {
    ...headers,
    "content-length": String(object.sizeBytes),
  });
};

/** Sends a file. @returns undefined when it is gone from the bucket */
export const sendFile = async (
  c: HonoContext<Env>,
  context: Context,
  contents: Contents,
  answer: SiteAnswer,
): Answering => {
  const { file, status } = answer;
  if (answer.needsBridge && isPage(file.path) && file.sizeBytes <= CACHED_FILE_MAX_BYTES)
    return sendWithBridge(c, contents, answer);
  const type = typeOf(file.path);
  const varies = mayCompress(type, file.sizeBytes);
  const wantsPart = status === 200 && c.req.header("range") !== undefined;
  const encoding = varies && !wantsPart ? chosenEncoding(c.req.header("accept-encoding")) : undefined;
  const tag = `"${file.sha256}${encoding ? `-${encoding}` : ""}"`;
  const headers: Record<string, string> = {
    etag: tag,
    "cache-control": cacheControl(answer),
    ...(varies ? { vary: "accept-encoding" } : {}),
  };
  if (status === 200 && matchesTag(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);
  if (!encoding) headers["accept-ranges"] = "bytes";
  const range = wantsPart ? wantedRange(c, file.sizeBytes, tag) : undefined;
  if (range === "unsatisfiable")
    return c.body(null, 416, { ...headers, "content-range": `bytes */${file.sizeBytes}` });
  headers["content-type"] = type;
  if (encoding) headers["content-encoding"] = encoding;
  if (range) headers["content-range"] = `bytes ${range.start}-${range.end}/${file.sizeBytes}`;

  if (file.sizeBytes > CACHED_FILE_MAX_BYTES) {
    const length = range ? range.end - range.start + 1 : file.sizeBytes;
    if (c.req.method === "HEAD")
      return c.body(null, range ? 206 : status, { ...headers, "content-length": String(length) });
    return stream(c, context, answer, headers, range);
  }
  const content = await contents.read(answer.key, encoding);
  if (!content) return undefined;
  const body = partOf(content, range);
  headers["content-length"] = String(body.byteLength);
  return c.req.method === "HEAD"
    ? c.body(null, range ? 206 : status, headers)
    : c.body(body, range ? 206 : status, headers);
};
