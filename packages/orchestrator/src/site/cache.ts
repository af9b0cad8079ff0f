/** Contents of sites' files in memory, compressed for browsers. They never change, so nothing is ever stale. */
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { LRUCache } from "lru-cache";
import type { Storage } from "../storage/storage.ts";
import { readBytes } from "../version/version.ts";

/** Larger files are streamed from the bucket. */
export const CACHED_FILE_MAX_BYTES = 1024 * 1024;
const CACHE_MAX_BYTES = 64 * 1024 * 1024;
/** Below this, compression saves less than its headers cost. */
const COMPRESSED_MIN_BYTES = 1_024;

export type Encoding = "br" | "gzip";

const COMPRESS: Record<Encoding, (content: Uint8Array) => Promise<Uint8Array>> = {
  // 5 takes 2 ms for 100 kB and is 2 % larger than 9.
  br: (content) => promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (content) => promisify(gzip)(content),
};

const isCompressible = (type: string) =>
  /^(?:text\/|application\/(?:json|javascript|xml|wasm|manifest\+json|rtf|vnd\.ms-fontobject)|image\/(?:svg\+xml|bmp)|font\/(?:ttf|otf))/.test(
    type,
  ) || /\+(?:json|xml)\b/.test(type);

/** Whether the answer depends on what the browser accepts. */
export const mayCompress = (type: string, sizeBytes: number) =>
  isCompressible(type) && sizeBytes >= COMPRESSED_MIN_BYTES && sizeBytes <= CACHED_FILE_MAX_BYTES;

/** The encoding to answer with. @param accepted the Accept-Encoding header */
export const chosenEncoding = (accepted: string | undefined): Encoding | undefined => {
  const taken = new Map(
    (accepted ?? "").split(",").map((part) => {
      const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
      return [name, !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))];
    }),
  );
  return (["br", "gzip"] as const).find((encoding) => taken.get(encoding));
};

type Content = Uint8Array<ArrayBuffer>;

const nameOf = (key: string, encoding: Encoding | undefined) => `${encoding ?? "plain"} ${key}`;

export interface Contents {
  /** The file's bytes, or undefined when it is gone. Only for files up to `CACHED_FILE_MAX_BYTES`. */
  read(key: string, encoding?: Encoding): Promise<Content | undefined>;
  sizeBytes(): number;
}

/** @param maxBytes what all contents together may take */
export const createContents = (storage: Storage, maxBytes = CACHE_MAX_BYTES): Contents => {
  const known = new LRUCache<string, Content>({
    maxSize: maxBytes,
    sizeCalculation: ({ byteLength }, name) => byteLength + name.length + 100,
  });
  const loading = new Map<string, Promise<Content | undefined>>();

  const load = async (key: string, encoding?: Encoding): Promise<Content | undefined> => {
    const plain = encoding ? await read(key) : await readBytes(storage, key, CACHED_FILE_MAX_BYTES);
    if (!plain) return undefined;
    // A copy: what zlib returns holds on to more memory than it has bytes.
    const content = new Uint8Array(encoding ? await COMPRESS[encoding](plain) : plain);
    known.set(nameOf(key, encoding), content);
    return content;
  };

  const read: Contents["read"] = async (key, encoding) => {
    const name = nameOf(key, encoding);
    const content = known.get(name);
    if (content) return content;
    const asked = loading.get(name) ?? load(key, encoding).finally(() => loading.delete(name));
    loading.set(name, asked);
    return asked;
  };
  return { read, sizeBytes: () => known.calculatedSize };
};
