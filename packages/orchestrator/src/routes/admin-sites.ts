/** Everybody's sites, and how an operator takes one down. Each change has its entry in the audit table. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { AdminSite, AdminSites, TakeDownSite } from "@leo/core/site.ts";
import type { Context } from "../app-context.ts";
import { audited, type AuditedChange } from "../admin/audit.ts";
import { allowSite, listAllSites, readAnySite, takeDownSite } from "../site/admin-site.ts";
import { administrator, type AdminEnv } from "../http/administrator.ts";
import type { RouteParts } from "./parts.ts";
import { AppParams, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

const Query = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) });

/** What an operator does about a site, and its entry. */
const changeOf = (
  context: Context,
  appId: string,
  change: Pick<AuditedChange<unknown>, "action" | "change">,
): AuditedChange<AdminSite> => ({
  ...change,
  targetId: appId,
  read: () => readAnySite(context, appId),
  record: ({ url, state, takenDown }) => ({ url, state, takenDown }),
});

export const adminSiteRoutes = (context: Context, { signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = {
    middleware: [signedIn, administrator] satisfies MiddlewareHandler[],
    security: SIGNED_IN,
    tags: ["admin"],
  };

  return new OpenAPIHono<AdminEnv>()
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/admin/sites",
        summary: "Everybody's sites, the last published first",
        request: { query: Query },
        responses: { 200: json(AdminSites, "The first ones"), ...refusals(400, 404) },
      }),
      async (c) => c.json({ sites: await listAllSites(context, c.req.valid("query")) }, 200),
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/admin/sites/{appId}/take-down",
        summary: "Take anybody's site out of the web",
        description: "Its owner reads the reason and cannot publish it until it is allowed again.",
        request: { params: AppParams, body: jsonBody(TakeDownSite) },
        responses: { 200: json(AdminSite, "The site"), ...refusals(400, 404, 409, 413) },
      }),
      async (c) => {
        const { appId } = c.req.valid("param");
        const change = () => takeDownSite(context, appId, c.req.valid("json").reason);
        const site = await audited(
          context,
          c.var.actor,
          changeOf(context, appId, { action: "site_take_down", change }),
        );
        return c.json(site, 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/admin/sites/{appId}/allow",
        summary: "Let the owner of a site that was taken down publish it again",
        request: { params: AppParams },
        responses: { 200: json(AdminSite, "The site"), ...refusals(404, 409) },
      }),
      async (c) => {
        const { appId } = c.req.valid("param");
        const change = () => allowSite(context, appId);
        return c.json(
          await audited(context, c.var.actor, changeOf(context, appId, { action: "site_allow", change })),
          200,
        );
      },
    );
};
