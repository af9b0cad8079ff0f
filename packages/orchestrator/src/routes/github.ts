import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { AppGithub, ChangeAppGithub, GithubAccount, Push, PushVersion } from "@leo/core/github.ts";
import {
  changeGithubAccount,
  changeAppGithub,
  readGithubAccount,
  requestPush,
  readAppGithub,
} from "../github/app-github.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { AppParams, GenerationParams, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

export const githubRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["github"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/generations/{id}/push",
        summary: "Push a completed version to the app's repository on GitHub",
        description:
          "A version that holds what looks like secrets is refused with the list (`secrets_found`) until `confirm` names its digest. `onTopOf` names a commit of somebody else that the version may come after.",
        request: { params: GenerationParams, body: jsonBody(PushVersion) },
        responses: {
          202: json(Push, "The queued push; a second request returns the one that is waiting"),
          ...refusals(400, 404, 409, 413),
        },
      }),
      async (c) => {
        const push = await requestPush(c.var.context, c.req.valid("param").id, c.req.valid("json"));
        return c.json(push, 202);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/apps/{appId}/github",
        summary: "An app's repository on GitHub, and the newest push of each version",
        request: { params: AppParams },
        responses: { 200: json(AppGithub, "The repository and the pushes"), ...refusals(404) },
      }),
      async (c) => c.json(await readAppGithub(c.var.context, c.req.valid("param").appId), 200),
    )
    .openapi(
      createRoute({
        ...shared,
        method: "patch",
        path: "/api/apps/{appId}/github",
        summary: "Turn automatic pushes on or off, or disconnect the repository",
        request: { params: AppParams, body: jsonBody(ChangeAppGithub) },
        responses: { 200: json(AppGithub, "The repository and the pushes"), ...refusals(400, 404, 409, 413) },
      }),
      async (c) => {
        const { appId } = c.req.valid("param");
        return c.json(await changeAppGithub(c.var.context, appId, c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/account/github",
        summary: "The GitHub user who is invited to my repositories",
        responses: { 200: json(GithubAccount, "Null when there is none"), ...refusals() },
      }),
      async (c) => c.json(await readGithubAccount(c.var.context), 200),
    )
    .openapi(
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
};
