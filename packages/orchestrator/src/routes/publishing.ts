import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import {
  AppPublishing,
  ChangeAppPublishing,
  GithubAccount,
  Publication,
  PublishVersion,
} from "@leo/core/publishing.ts";
import {
  changeGithubAccount,
  changePublishing,
  readGithubAccount,
  requestPublication,
  viewPublishing,
} from "../github/publication.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { AppParams, GenerationParams, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

export const publishingRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const routes = new OpenAPIHono<UserEnv>();
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["publishing"] };

  routes.openapi(
    createRoute({
      ...shared,
      method: "post",
      path: "/api/generations/{id}/publish",
      summary: "Publish a completed version to the app's repository on GitHub",
      description:
        "A version that holds what looks like secrets is refused with the list (`secrets_found`) until `confirm` names its digest. `onTopOf` names a commit of somebody else that the version may come after.",
      request: { params: GenerationParams, body: jsonBody(PublishVersion) },
      responses: {
        202: json(Publication, "The queued publication; one that waits already is the same"),
        ...refusals(400, 404, 409, 413),
      },
    }),
    async (c) => {
      const publication = await requestPublication(
        c.var.context,
        c.req.valid("param").id,
        c.req.valid("json"),
      );
      return c.json(publication, 202);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "get",
      path: "/api/apps/{appId}/publishing",
      summary: "How an app is published, and the newest try of each version",
      request: { params: AppParams },
      responses: { 200: json(AppPublishing, "The app's publishing"), ...refusals(404) },
    }),
    async (c) => c.json(await viewPublishing(c.var.context, c.req.valid("param").appId), 200),
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "patch",
      path: "/api/apps/{appId}/publishing",
      summary: "Turn automatic publishing on or off, or disconnect the repository",
      request: { params: AppParams, body: jsonBody(ChangeAppPublishing) },
      responses: { 200: json(AppPublishing, "The app's publishing"), ...refusals(400, 404, 409, 413) },
    }),
    async (c) => {
      const { appId } = c.req.valid("param");
      return c.json(await changePublishing(c.var.context, appId, c.req.valid("json")), 200);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "get",
      path: "/api/account/github",
      summary: "The GitHub user who is invited to my repositories",
      responses: { 200: json(GithubAccount, "Null when there is none"), ...refusals() },
    }),
    async (c) => c.json(await readGithubAccount(c.var.context), 200),
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "put",
      path: "/api/account/github",
      summary: "Set or clear the GitHub user who is invited to my repositories",
      request: { body: jsonBody(GithubAccount) },
      responses: { 200: json(GithubAccount, "As it is now"), ...refusals(400, 413) },
    }),
    async (c) => c.json(await changeGithubAccount(c.var.context, c.req.valid("json")), 200),
  );

  return routes;
};
