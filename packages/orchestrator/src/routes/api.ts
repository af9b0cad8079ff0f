/** All routes in one. The web calls them through their type, `Api`, and imports nothing else of the orchestrator. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "../app-context.ts";
import type { Env } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { accountRoutes } from "./account.ts";
import { adminChangeRoutes } from "./admin-changes.ts";
import { adminSiteRoutes } from "./admin-sites.ts";
import { adminRoutes } from "./admin.ts";
import { appRoutes } from "./apps.ts";
import { copyRoutes } from "./copies.ts";
import { fileRoutes } from "./files.ts";
import { generationRoutes } from "./generations.ts";
import { messageRoutes } from "./messages.ts";
import { publicRoutes } from "./public.ts";
import { githubRoutes } from "./github.ts";
import { openShareRoute, shareRoutes } from "./shares.ts";
import { siteRoutes } from "./sites.ts";

/** Adds the routes to an application that has its middleware already. */
export const addRoutes = (api: OpenAPIHono<Env>, context: Context, parts: RouteParts) =>
  api
    .route("/", publicRoutes(context, parts))
    .route("/", appRoutes(parts))
    .route("/", generationRoutes(parts))
    .route("/", messageRoutes(parts))
    .route("/", copyRoutes(parts))
    .route("/", fileRoutes(parts))
    .route("/", githubRoutes(parts))
    .route("/", accountRoutes(parts))
    .route("/", shareRoutes(parts))
    .route("/", openShareRoute(context))
    .route("/", siteRoutes(parts))
    .route("/", adminSiteRoutes(context, parts))
    .route("/", adminRoutes(context, parts))
    .route("/", adminChangeRoutes(context, parts));

export type Api = ReturnType<typeof addRoutes>;
