/** What a request means to an app, in its preview and on its site. */
import type { Context as HonoContext } from "hono";
import { FilePath } from "@leo/core/artifact.ts";
import type { Env } from "./env.ts";

const decode = (path: string) => {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
};

/**
 * The path within the app for a request's raw path, without the leading slash.
 * @returns undefined for a path with encoded separators, dot segments, control characters or bad encoding
 */
export const cleanPath = (rawPath: string): string | undefined => {
  if (/%2f|%5c|\\/i.test(rawPath)) return undefined;
  const path = decode(rawPath.replace(/^\//, ""));
  if (path === undefined) return undefined;
  const isFile = FilePath.safeParse(path.replace(/\/$/, "") || "index.html").success;
  return isFile ? path : undefined;
};

/** Whether the browser asks for a page to show, and not for a part of one. */
export const isNavigation = (c: HonoContext<Env>): boolean => {
  const mode = c.req.header("sec-fetch-mode");
  if (mode !== undefined) return mode === "navigate";
  return (c.req.header("accept") ?? "").includes("text/html");
};

/** Adds the slash of a folder's address. Relative, so it works wherever the app is served. */
export const toFolder = (c: HonoContext<Env>, path: string): Response => {
  const name = encodeURIComponent(path.split("/").at(-1) ?? "");
  return c.body(null, 307, {
    location: `./${name}/${new URL(c.req.url).search}`,
    "cache-control": "no-store",
  });
};

/** The values of every cookie of a name: an app may have set one of a wider path beside Leo's. */
export const cookiesNamed = (c: HonoContext<Env>, name: string): string[] =>
  (c.req.header("cookie") ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
