/** What previews and sites do alike when they answer with a file of an app. */
import { createHash } from "node:crypto";
import type { Context as HonoContext } from "hono";
import { getMimeType } from "hono/utils/mime";
import { BRIDGE, withBridge } from "@leo/core/preview/serving.ts";
import type { Env } from "./env.ts";
import { parseRange, type ByteRange } from "./range.ts";

/** Part of a page's entity tag, so that a new bridge reaches pages that browsers already have. */
const BRIDGE_TAG = createHash("sha256").update(BRIDGE).digest("hex").slice(0, 8);

export const isPage = (path: string): boolean => /\.html?$/i.test(path);

export const typeOf = (path: string): string => getMimeType(path) ?? "application/octet-stream";

export const bridgedTag = (sha256: string): string => `"${sha256}-${BRIDGE_TAG}"`;

/** A page with the bridge. It is longer than the stored file, so it is always sent whole. */
export const sendBridged = (
  c: HonoContext<Env>,
  status: 200 | 404,
  page: Uint8Array,
  headers: Record<string, string>,
): Response => {
  const body = new TextEncoder().encode(withBridge(new TextDecoder().decode(page)));
  const all = {
    ...headers,
    "content-type": "text/html; charset=utf-8",
    "content-length": String(body.byteLength),
  };
  return c.req.method === "HEAD" ? c.body(null, status, all) : c.body(body, status, all);
};

/** The part of a file that is asked for. A part of another version than the browser has is not. */
export const wantedRange = (c: HonoContext<Env>, sizeBytes: number, tag: string) => {
  const condition = c.req.header("if-range");
  if (condition !== undefined && condition !== tag) return undefined;
  return parseRange(c.req.header("range"), sizeBytes);
};

/** The length and the place of what is sent of a file. */
export const partHeaders = (sizeBytes: number, range: ByteRange | undefined): Record<string, string> =>
  range
    ? {
        "content-length": String(range.end - range.start + 1),
        "content-range": `bytes ${range.start}-${range.end}/${sizeBytes}`,
      }
    : { "content-length": String(sizeBytes) };

export const sendUnsatisfiable = (
  c: HonoContext<Env>,
  sizeBytes: number,
  headers: Record<string, string>,
): Response => c.body(null, 416, { ...headers, "content-range": `bytes */${sizeBytes}` });

/** How the bucket is asked for a part. */
export const rangeInBucket = (range: ByteRange | undefined): string | undefined =>
  range && `bytes=${range.start}-${range.end}`;
