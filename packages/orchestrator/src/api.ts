/** The HTTP side of the orchestrator: the API, the previews and the web UI on one server. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import type { Config } from "./config.ts";
import type { Context } from "./app-context.ts";
import { createAccounts } from "./account/account-cache.ts";
import { ApiFault } from "./fault.ts";
import { mayOpenPreview } from "./preview/file.ts";
import { previewHostId, previewPlace } from "./preview/url.ts";
import { siteHostSlug, SITES_PATH } from "./site/address.ts";
import { createSites, type Sites } from "./site/resolve.ts";
import { createSiteServer, sitePath } from "./http/site.ts";
import { createVerifier } from "./auth/verifier.ts";
import { authenticated } from "./http/authenticated.ts";
import { clientAddress } from "./auth/client-address.ts";
import type { Env } from "./http/env.ts";
import { BODY_MAX_BYTES, onError, onInvalid, tooLarge } from "./http/error.ts";
import { rejectForeignPages, rejectForeignParts } from "./http/foreign-page.ts";
import { createGuard, type Guard } from "./auth/guard.ts";
import { addDocument } from "./http/openapi.ts";
import { addRoutes } from "./routes/api.ts";
import type { ApiParts } from "./routes/parts.ts";
import { createPreview } from "./http/preview.ts";
import { requestIds, requestLog } from "./http/request-log.ts";
import { apiHeaders, pageHeaders } from "./http/security-headers.ts";
import { createStatic, WEB_DIST } from "./http/static.ts";

/** What every page of Leo's reads first; it costs no more than a file. */
const CONFIG_PATH = "/api/config";
/** Paths that are never pages of the web UI. */
const NO_PAGE = /^\/(?:api|ws|health|metrics|s|site)(?:\/|$)/;

const setHeaders =
  (headers: Record<string, string>): MiddlewareHandler<Env> =>
  async (c, next) => {
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    await next();
  };

const setAddress = ({ LEO_TRUSTED_PROXIES }: Config) =>
  createMiddleware<Env>(async (c, next) => {
    if (c.env.incoming) c.set("address", clientAddress(c.env.incoming, LEO_TRUSTED_PROXIES));
    await next();
  });

/** Who shows a token is counted as a user, or as somebody whose token was refused. */
const limitStrangers = (guard: Guard) =>
  createMiddleware<Env>(async (c, next) => {
    const isConfig = c.req.path === CONFIG_PATH;
    if (!isConfig && c.req.header("authorization") === undefined) guard.admitAddress(c.var.address);
    await next();
  });

const limitAddress = (guard: Guard) =>
  createMiddleware<Env>(async (c, next) => {
    guard.admitAddress(c.var.address);
    await next();
  });

/** Hosts of previews and sites serve these and nothing else; under a path they sit beside the rest. */
const serveApps = (api: Hono<Env>, context: Context, guard: Guard, sites: Sites) => {
  const place = previewPlace(context.config.LEO_PREVIEW_URL_TEMPLATE);
  const preview = createPreview(context, guard);
  const site = createSiteServer(context, sites);
  if (place.kind === "host") {
    const { LEO_PREVIEW_URL_TEMPLATE: template } = context.config;
    api.use(async (c, next) => {
      const { hostname, pathname: path } = new URL(c.req.url);
      const slug = siteHostSlug(template, hostname);
      if (slug !== undefined) return site(c, { slug, path });
      const id = previewHostId(place, hostname);
      return id === undefined ? next() : preview(c, { id, path });
    });
    return;
  }
  api.all(`${SITES_PATH}*`, async (c, next) => {
    const { pathname, search } = new URL(c.req.url);
    const within = pathname.slice(SITES_PATH.length);
    const request = sitePath(within);
    if (!request) return next();
    // The page's own links are relative to a folder.
    return within.includes("/") ? site(c, request) : c.redirect(`${pathname}/${search}`, 308);
  });
  api.all(`${place.prefix}*`, async (c) => {
    const path = new URL(c.req.url).pathname;
    const [id = "", token = "", ...rest] = path.slice(place.prefix.length).split("/");
    // The page's own links are relative to a folder.
    if (rest.length === 0 && mayOpenPreview(token)) return c.redirect(`${path}/`, 308);
    return preview(c, { id, token, path: `/${rest.join("/")}` });
  });
};

/**
 * Makes the HTTP application.
 * @param context what every part works with
 * @param parts what the API needs of the queue, the lifecycle and the process
 */
export const createApi = (context: Context, parts: ApiParts): Hono<Env> => {
  const { config, log, now } = context;
  const guard =
    parts.guard ??
    createGuard(config, now, { verify: createVerifier(config, now), accounts: createAccounts(context) });
  const routeParts = { ...parts, signedIn: authenticated(context, guard) };
  const api = new OpenAPIHono<Env>({ defaultHook: onInvalid });
  api.onError(onError(log));
  api.use(requestIds, requestLog(log), setAddress(config));
  serveApps(api, context, guard, parts.sites ?? createSites(context));

  api.use(
    setHeaders(apiHeaders(config)),
    bodyLimit({
      maxSize: BODY_MAX_BYTES,
      onError: () => {
        throw tooLarge();
      },
    }),
  );
  api.use("/api/*", rejectForeignPages, limitStrangers(guard));
  api.use("/s/*", rejectForeignParts, limitAddress(guard));
  addRoutes(api, context, routeParts);
  addDocument(api);

  const serveUi = createStatic(parts.webDist ?? WEB_DIST);
  const pages = pageHeaders(config);
  api.get("*", async (c, next) => {
    const response = NO_PAGE.test(c.req.path) ? undefined : await serveUi(c);
    if (!response) return next();
    for (const [name, value] of Object.entries(pages)) response.headers.set(name, value);
    return response;
  });
  api.notFound(() => {
    throw new ApiFault("not_found", "There is nothing at this address.");
  });
  return api;
};
