import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { ChangeSite, PublishSite, Site } from "@leo/core/site.ts";
import { publishSite } from "../site/publish.ts";
import { changeSite, unpublishSite, viewSite } from "../site/site.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { AppParams, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

export const siteRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["sites"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/apps/{appId}/site",
        summary: "An app's site: its address, and what visitors get",
        request: { params: AppParams },
        responses: { 200: json(Site, "The site"), ...refusals(404) },
      }),
      async (c) => c.json(await viewSite(c.var.context, c.req.valid("param").appId), 200),
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/apps/{appId}/site/publish",
        summary: "Make a completed version what visitors of the app's site get",
        description:
          "The address stays, whichever version is published. A version that holds what looks like secrets is refused with the list (`secrets_found`) until `confirm` names its digest.",
        request: { params: AppParams, body: jsonBody(PublishSite) },
        responses: { 200: json(Site, "The site as it is now"), ...refusals(400, 404, 409, 413) },
      }),
      async (c) => {
        const { appId } = c.req.valid("param");
        return c.json(await publishSite(c.var.context, appId, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "patch",
        path: "/api/apps/{appId}/site",
        summary: "Change a site's address, who sees it, and whether search engines do",
        request: { params: AppParams, body: jsonBody(ChangeSite) },
        responses: { 200: json(Site, "The site as it is now"), ...refusals(400, 404, 409, 413) },
      }),
      async (c) => {
        const { appId } = c.req.valid("param");
        return c.json(await changeSite(c.var.context, appId, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/apps/{appId}/site/unpublish",
        summary: "Take a site out of the web; its address stays the app's",
        request: { params: AppParams },
        responses: { 200: json(Site, "The site as it is now"), ...refusals(404, 409) },
      }),
      async (c) => c.json(await unpublishSite(c.var.context, c.req.valid("param").appId), 200),
    );
};
