import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { CreatedShare, CreateShare, ShareList } from "@leo/core/api.ts";
import { App } from "@leo/core/generation.ts";
import { Id } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";
import { revokePreviewLinks } from "../generation/app-view.ts";
import { createShare, listShares, openShare, revokeShare } from "../share/share.ts";
import type { Env, UserEnv } from "../http/env.ts";
import { messagePage } from "../http/message-page.ts";
import type { RouteParts } from "./parts.ts";
import { AppParams, bytes, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

export const shareRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["sharing"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/apps/{appId}/shares",
        summary: "The app's share links that work, newest first",
        request: { params: AppParams },
        responses: { 200: json(ShareList, "Without their addresses"), ...refusals(404) },
      }),
      async (c) => {
        const { appId } = c.req.valid("param");
        return c.json({ shares: await listShares(c.var.context, appId) }, 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/apps/{appId}/shares",
        summary: "Make a link that shows the app running to whoever has it",
        description:
          "It shows one version, or without `generationId` always the newest; never code or prompts.",
        request: { params: AppParams, body: jsonBody(CreateShare) },
        responses: {
          201: json(CreatedShare, "The address is told only here"),
          ...refusals(400, 404, 409, 429),
        },
      }),
      async (c) => {
        const { appId } = c.req.valid("param");
        const { generationId } = c.req.valid("json");
        return c.json(await createShare(c.var.context, appId, generationId), 201);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "delete",
        path: "/api/apps/{appId}/shares/{shareId}",
        summary: "Revoke a share link",
        request: { params: AppParams.extend({ shareId: Id }) },
        responses: { 204: { description: "It works no more." }, ...refusals(404) },
      }),
      async (c) => {
        const { appId, shareId } = c.req.valid("param");
        await revokeShare(c.var.context, appId, shareId);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/apps/{appId}/preview-links/revoke",
        summary: "End all links to the app's previews that were given out so far; share links stay",
        request: { params: AppParams },
        responses: { 200: json(App, "The app with its new preview link"), ...refusals(404) },
      }),
      async (c) => c.json(await revokePreviewLinks(c.var.context, c.req.valid("param").appId), 200),
    );
};

/** Where share links lead: for whoever has one, signed in or not. */
export const openShareRoute = (context: Context) =>
  new OpenAPIHono<Env>().openapi(
    createRoute({
      method: "get",
      path: "/s/{token}",
      summary: "Follow a share link to the running app",
      tags: ["sharing"],
      security: [],
      request: { params: z.object({ token: z.string() }) },
      responses: { 302: { description: "The preview" }, 404: bytes("A page: the link does not work") },
    }),
    async (c) => {
      const preview = await openShare(context, c.req.valid("param").token);
      if (preview !== undefined) return c.redirect(preview, 302);
      return messagePage(
        c,
        404,
        "This link does not work",
        "It was revoked, or the app was deleted or has no finished version. Ask whoever gave it to you for another one.",
      );
    },
  );
