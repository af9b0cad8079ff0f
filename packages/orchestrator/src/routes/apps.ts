import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { AppDetail, AppList, CreateApp, CreatedApp, CreateGeneration, RenameApp } from "@leo/core/api.ts";
import { App, Generation } from "@leo/core/generation.ts";
import { findApp, listApps, markAppDeleted, renameApp } from "../app/app.ts";
import { viewApp, viewApps } from "../generation/app-view.ts";
import { generationsOf, viewGenerations, viewOne } from "../generation/view.ts";
import { submitApp, submitFollowUp } from "../generation/submit.ts";
import { tx } from "../db/tx.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { AppParams, IdempotencyHeader, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

const PAGE_MAX = 100;

/** Postgres cannot take a NUL. */
const SearchWords = z
  .string()
  .trim()
  .max(200, "The search is longer than 200 characters.")
  .refine((words) => !words.includes("\0"), "The search contains a NUL character.");

export const appRoutes = ({ queue, cancel, signedIn }: RouteParts) => {
  const routes = new OpenAPIHono<UserEnv>();
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["apps"] };

  routes.openapi(
    createRoute({
      ...shared,
      method: "post",
      path: "/api/apps",
      summary: "Make a new app from a request",
      request: { headers: IdempotencyHeader, body: jsonBody(CreateApp) },
      responses: {
        201: json(CreatedApp, "The app and its queued generation; a repeat with the same key gets the same."),
        ...refusals(400, 409, 413, 429),
      },
    }),
    async (c) => {
      const { context } = c.var;
      const key = c.req.valid("header")["idempotency-key"];
      const generation = await viewOne(
        context,
        queue,
        await submitApp(context, queue, key, c.req.valid("json")),
      );
      const row = await tx(context, ({ orm }) => findApp(orm, context.userId, generation.appId));
      const app = await viewApp(context, queue, row);
      return c.json({ app, generation }, 201);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "get",
      path: "/api/apps",
      summary: "My apps, the last changed first",
      request: {
        query: z.object({
          cursor: z.string().max(100).optional(),
          limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(30),
          q: SearchWords.optional().openapi({
            description: "Words in the app's name or in one of its requests",
          }),
        }),
      },
      responses: { 200: json(AppList, "One page"), ...refusals(400) },
    }),
    async (c) => {
      const { rows, nextCursor } = await listApps(c.var.context, c.req.valid("query"));
      return c.json({ apps: await viewApps(c.var.context, queue, rows), nextCursor }, 200);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "get",
      path: "/api/apps/{appId}",
      summary: "An app with its generations, newest first",
      request: { params: AppParams },
      responses: { 200: json(AppDetail, "The app"), ...refusals(404) },
    }),
    async (c) => {
      const { context } = c.var;
      const { row, rows } = await tx(context, async ({ orm }) => {
        const found = await findApp(orm, context.userId, c.req.valid("param").appId);
        return { row: found, rows: await generationsOf(orm, found.id) };
      });
      const [app, generations] = await Promise.all([
        viewApp(context, queue, row),
        viewGenerations(context, queue, rows),
      ]);
      return c.json({ app, generations }, 200);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "patch",
      path: "/api/apps/{appId}",
      summary: "Rename an app",
      request: { params: AppParams, body: jsonBody(RenameApp) },
      responses: { 200: json(App, "The app"), ...refusals(400, 404, 413) },
    }),
    async (c) => {
      const { name } = c.req.valid("json");
      const { context } = c.var;
      const row = await renameApp(context, c.req.valid("param").appId, name);
      return c.json(await viewApp(context, queue, row), 200);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "delete",
      path: "/api/apps/{appId}",
      summary: "Delete an app with all its versions and files",
      request: { params: AppParams },
      responses: { 204: { description: "It is gone; what still ran is being stopped." }, ...refusals(404) },
    }),
    async (c) => {
      const active = await markAppDeleted(c.var.context, c.req.valid("param").appId);
      for (const generationId of active) await cancel(generationId);
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: "post",
      path: "/api/apps/{appId}/generations",
      summary: "A follow-up request on the newest completed version, or on the one given",
      request: { params: AppParams, headers: IdempotencyHeader, body: jsonBody(CreateGeneration) },
      responses: { 201: json(Generation, "The queued generation"), ...refusals(400, 404, 409, 413, 429) },
    }),
    async (c) => {
      const { context } = c.var;
      const key = c.req.valid("header")["idempotency-key"];
      const { appId } = c.req.valid("param");
      const id = await submitFollowUp(context, queue, key, appId, c.req.valid("json"));
      return c.json(await viewOne(context, queue, id), 201);
    },
  );

  return routes;
};
