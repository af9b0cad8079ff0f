import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { CopyVersion, CreatedApp } from "@leo/core/api.ts";
import { Generation } from "@leo/core/generation.ts";
import { forkVersion, restoreVersion } from "../generation/copy-version.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { GenerationParams, IdempotencyHeader, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

/** Versions made of another one's files, without a run. */
export const copyRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["versions"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
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
        const key = c.req.valid("header")["idempotency-key"];
        return c.json(await restoreVersion(c.var.context, key, c.req.valid("param").id), 201);
      },
    )
    .openapi(
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
        const key = c.req.valid("header")["idempotency-key"];
        const { name } = c.req.valid("json");
        return c.json(await forkVersion(c.var.context, key, c.req.valid("param").id, name), 201);
      },
    );
};
