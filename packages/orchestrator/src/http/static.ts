/** The web UI: its built files, held in memory. */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context as HonoContext } from "hono";
import { getMimeType } from "hono/utils/mime";
import type { Env } from "./env.ts";
import { messagePage } from "./message-page.ts";
import { matchesTag } from "./range.ts";

interface StaticFile {
  body: Uint8Array<ArrayBuffer>;
  type: string;
  tag: string;
}

interface Build {
  /** When index.html was written; it changes with every build. */
  builtAtMs: number;
  /** By URL path, without the leading slash; compressed forms have their own names. */
  files: Map<string, StaticFile>;
}

export const WEB_DIST = fileURLToPath(new URL("../../../web/dist", import.meta.url));
const INDEX = "index.html";
const ENCODINGS = [
  { encoding: "br", suffix: ".br" },
  { encoding: "gzip", suffix: ".gz" },
];

const indexTime = async (folder: string) => {
  try {
    return (await stat(join(folder, INDEX))).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

const readBuild = async (folder: string, builtAtMs: number): Promise<Build> => {
  const files: Build["files"] = new Map();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const body = await readFile(path);
    const name = path.slice(folder.length + 1).replaceAll(sep, "/");
    files.set(name, {
      body: Uint8Array.from(body),
      type: getMimeType(name.replace(/\.(br|gz)$/, "")) ?? "application/octet-stream",
      tag: `"${createHash("sha256").update(body).digest("hex").slice(0, 32)}"`,
    });
  }
  return { builtAtMs, files };
};

const accepts = (c: HonoContext<Env>, encoding: string) =>
  (c.req.header("accept-encoding") ?? "").split(",").some((part) => {
    const [name, ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });

const send = (c: HonoContext<Env>, { files }: Build, name: string, file: StaticFile) => {
  const encoded = ENCODINGS.filter(({ suffix }) => files.has(name + suffix));
  const chosen = encoded.find(({ encoding }) => accepts(c, encoding));
  const { body, tag } = (chosen && files.get(name + chosen.suffix)) ?? file;
  const headers: Record<string, string> = {
    etag: tag,
    "cache-control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    ...(encoded.length > 0 ? { vary: "accept-encoding" } : {}),
  };
  if (matchesTag(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);
  headers["content-type"] = file.type;
  headers["content-length"] = String(body.byteLength);
  if (chosen) headers["content-encoding"] = chosen.encoding;
  return c.req.method === "HEAD" ? c.body(null, 200, headers) : c.body(body, 200, headers);
};

const notBuilt = (c: HonoContext<Env>) =>
  messagePage(
    c,
    503,
    "The web UI is not built",
    "Leo's API runs, but packages/web/dist is missing. Run npm run build -w packages/web and reload.",
  );

/**
 * Serves the web UI. A path without an extension is a page of the UI and gets index.html, so that
 * links into it work; a file that does not exist is passed on.
 * @param folder the build's output; read again when its index.html has changed
 * @returns a handler that answers undefined for what it has not
 */
export const createStatic = (folder: string) => {
  let build: Build | undefined;

  const current = async () => {
    const builtAtMs = await indexTime(folder);
    if (builtAtMs === undefined) return undefined;
    if (build?.builtAtMs !== builtAtMs) build = await readBuild(folder, builtAtMs);
    return build;
  };

  return async (c: HonoContext<Env>): Promise<Response | undefined> => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") return undefined;
    const name = new URL(c.req.url).pathname.slice(1);
    const isPage = !/\.[^/]*$/.test(name);
    const found = await current();
    if (!found) return isPage ? notBuilt(c) : undefined;
    const path = isPage ? INDEX : name;
    const file = found.files.get(path);
    return file && send(c, found, path, file);
  };
};
