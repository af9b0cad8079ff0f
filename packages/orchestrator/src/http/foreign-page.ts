/**
 * Whose page a request comes from, as browsers tell it. It matters where a request costs its visitor something that
 * a page of another site must not spend: a place in a limit, a look into the database.
 */
import type { Context as HonoContext } from "hono";
import { createMiddleware } from "hono/factory";
import { ApiFault } from "../fault.ts";
import type { Env } from "./env.ts";

const isSameHost = (origin: string, host = ""): boolean =>
  URL.canParse(origin) && new URL(origin).host === host.toLowerCase();

/**
 * Whether a page of another origin sends it: another site, a preview on Leo's site, a sandboxed frame. What is no
 * browser tells nothing; on plain HTTP browsers tell `Origin` alone, and not with every request.
 */
export const comesFromForeignPage = (c: HonoContext<Env>): boolean => {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = c.req.header("origin");
  return origin !== undefined && !isSameHost(origin, c.req.header("host"));
};

const rejection = () => new ApiFault("forbidden", "Pages of another site may not ask this.");

/** Rejects what another origin's page asks of the API, before it counts against anybody's limit. */
export const rejectForeignPages = createMiddleware<Env>(async (c, next) => {
  if (comesFromForeignPage(c)) throw rejection();
  await next();
});

/** The same where people come from other sites by a link: the browser's tab may, a part of a page may not. */
export const rejectForeignParts = createMiddleware<Env>(async (c, next) => {
  if (comesFromForeignPage(c) && c.req.header("sec-fetch-dest") !== "document") throw rejection();
  await next();
});
