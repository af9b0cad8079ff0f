/** One file of a site as a response: type, tag, encoding, range. */
import type { Context as HonoContext } from "hono";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../app-context.ts";
import type { SiteFile } from "../db/schema/sites.ts";
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
import { matchesTag, type ByteRange } from "./range.ts";
import { streamed } from "./stream.ts";
import { CACHED_FILE_MAX_BYTES, chosenEncoding, mayCompress, type Contents } from "../site/cache.ts";

const YEAR_SECONDS = 365 * 24 * 3600;
export interface SiteAnswer {
  file: SiteFile;
  /** Its object. */
  key: string;
  status: 200 | 404;
  /** Shared caches may store it. */
  isPublic: boolean;
  /** Needed by pages under a path of Leo's host, because an opaque origin has no storage. */
  needsBridge: boolean;
}

const cacheControl = ({ file, status, isPublic }: SiteAnswer): string => {
  if (status === 404) return "no-store";
  const who = isPublic ? "public" : "private";
  return file.hashed ? `${who}, max-age=${YEAR_SECONDS}, immutable` : `${who}, no-cache`;
};

/** @returns undefined if the file is no longer in the bucket */
type Answering = Promise<Response | undefined>;

/** A page with an opaque origin; rare enough to build each time. */
const sendWithBridge = async (c: HonoContext<Env>, contents: Contents, answer: SiteAnswer): Answering => {
  const tag = bridgedTag(answer.file.sha256);
  const headers = { etag: tag, "cache-control": cacheControl(answer) };
  if (answer.status === 200 && matchesTag(c.req.header("if-none-match"), tag))
    return c.body(null, 304, headers);
  const content = await contents.read(answer.key);
  return content ? sendBridged(c, answer.status, content, headers) : undefined;
};

const partOf = (content: Uint8Array<ArrayBuffer>, range: ByteRange | undefined) =>
  range ? content.subarray(range.start, range.end + 1) : content;

/** Too large for memory: streamed from the bucket to the visitor. */
const stream = async (
  c: HonoContext<Env>,
  { storage, log }: Context,
  { key, status }: SiteAnswer,
  headers: Record<string, string>,
  range: ByteRange | undefined,
): Answering => {
  const object = await storage.read(key, {
    maxBytes: LIMITS.fileMaxBytes,
    range: rangeInBucket(range),
  });
  if (!object) return undefined;
  return c.body(streamed(c.env, log, object.body), range ? 206 : status, {
    ...headers,
    "content-length": String(object.sizeBytes),
  });
};

/** Sends a file. @returns undefined if it's no longer in the bucket */
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
  if (range === "unsatisfiable") return sendUnsatisfiable(c, file.sizeBytes, headers);
  headers["content-type"] = type;
  if (encoding) headers["content-encoding"] = encoding;
  Object.assign(headers, partHeaders(file.sizeBytes, range));

  const code = range ? 206 : status;
  if (file.sizeBytes > CACHED_FILE_MAX_BYTES)
    return c.req.method === "HEAD" ? c.body(null, code, headers) : stream(c, context, answer, headers, range);
  const content = await contents.read(answer.key, encoding);
  if (!content) return undefined;
  const body = partOf(content, range);
  headers["content-length"] = String(body.byteLength);
  return c.req.method === "HEAD" ? c.body(null, code, headers) : c.body(body, code, headers);
};
