import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { CopyVersion, CreatedApp } from "@leo/core/api.ts";
import { Generation } from "@leo/core/generation.ts";
import { findApp } from "../app/app.ts";
import { viewApp } from "../generation/app-view.ts";
import { forkVersion, restoreVersion } from "../generation/copy-version.ts";
import { viewOne } from "../generation/view.ts";
import { tx } from "../db/tx.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { GenerationParams, IdempotencyHeader, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

/** Versions made of another one's files, without a run. */
export const copyRoutes = ({ queue, signedIn }: RouteParts) => {
  const routes = new OpenAPIHono<UserEnv>();
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["versions"] };

  routes.openapi(
    createRoute({
      ...shared,
      method: "post",
      path: "/api/generations/{id}/restore",
      summary: "Make an old version the newest of its app again",
      description: "A new version with the old one's files. Nothing runs for it and it costs nothing.",
      request: { params: GenerationParams, headers: IdempotencyHeader },
      responses: { 201: json(Generation, "The new version, completed"), ...refusals(400, 404, 409, 429) },
    }),
    async (c) => {
      const { context } = c.var;
      const key = c.req.valid("header")["idempotency-key"];
      const id = await restoreVersion(context, key, c.req.valid("param").id);
      return c.json(await viewOne(context, queue, id), 201);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "post",
      path: "/api/generations/{id}/fork",
      summary: "Copy a version as a new app",
      request: { params: GenerationParams, headers: IdempotencyHeader, body: jsonBody(CopyVersion) },
      responses: {
        201: json(CreatedApp, "The new app and its first version, completed"),
        ...refusals(400, 404, 409, 413, 429),
      },
    }),
    async (c) => {
      const { context } = c.var;
      const key = c.req.valid("header")["idempotency-key"];
      const { name } = c.req.valid("json");
      const id = await forkVersion(context, key, c.req.valid("param").id, name);
      const generation = await viewOne(context, queue, id);
      const row = await tx(context, ({ orm }) => findApp(orm, context.userId, generation.appId));
      const app = await viewApp(context, queue, row);
      return c.json({ app, generation }, 201);
    },
  );

  return routes;
};
