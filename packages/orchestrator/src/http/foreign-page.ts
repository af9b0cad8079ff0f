/**
 * Which page a request comes from, according to the browser. It matters where a request uses up something that a
 * page of another site must not spend: a place in a limit, a database query.
 */
import type { Context as HonoContext } from "hono";
import { createMiddleware } from "hono/factory";
import { ApiFault } from "../fault.ts";
import type { Env } from "./env.ts";

const isSameHost = (origin: string, host = ""): boolean =>
  URL.canParse(origin) && new URL(origin).host === host.toLowerCase();

/**
 * Whether a page of another origin sent it: another site, a preview on Leo's site, a sandboxed frame. Clients that
 * are not browsers send nothing; over plain HTTP browsers send only `Origin`, and not with every request.
 */
export const comesFromForeignPage = (c: HonoContext<Env>): boolean => {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = c.req.header("origin");
  return origin !== undefined && !isSameHost(origin, c.req.header("host"));
};

const rejection = () => new ApiFault("forbidden", "Pages on other sites can't make this request.");

/** Rejects API requests from another origin's page before they count against anybody's limit. */
export const rejectForeignPages = createMiddleware<Env>(async (c, next) => {
  if (comesFromForeignPage(c)) throw rejection();
  await next();
});

/** The same where people follow links from other sites: navigation is allowed, embedding isn't. */
export const rejectForeignParts = createMiddleware<Env>(async (c, next) => {
  if (comesFromForeignPage(c) && c.req.header("sec-fetch-dest") !== "document") throw rejection();
  await next();
});
