import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { AppDetail, AppList, CreateApp, CreatedApp, CreateGeneration, RenameApp } from "@leo/core/api.ts";
import { App, Generation } from "@leo/core/generation.ts";
import { renameApp, viewAppDetail, viewAppList } from "../generation/app-view.ts";
import { deleteApp } from "../generation/cancel.ts";
import { submitApp, submitFollowUp } from "../generation/submit.ts";
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

export const appRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["apps"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/apps",
        summary: "Make a new app from a request",
        request: { headers: IdempotencyHeader, body: jsonBody(CreateApp) },
        responses: {
          201: json(
            CreatedApp,
            "The app and its queued generation; a repeat with the same key gets the same.",
          ),
          ...refusals(400, 409, 413, 429),
        },
      }),
      async (c) => {
        const key = c.req.valid("header")["idempotency-key"];
        return c.json(await submitApp(c.var.context, key, c.req.valid("json")), 201);
      },
    )
    .openapi(
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
      async (c) => c.json(await viewAppList(c.var.context, c.req.valid("query")), 200),
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/apps/{appId}",
        summary: "An app with its generations, newest first",
        request: { params: AppParams },
        responses: { 200: json(AppDetail, "The app"), ...refusals(404) },
      }),
      async (c) => c.json(await viewAppDetail(c.var.context, c.req.valid("param").appId), 200),
    )
    .openapi(
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
        return c.json(await renameApp(c.var.context, c.req.valid("param").appId, name), 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "delete",
        path: "/api/apps/{appId}",
        summary: "Delete an app with all its versions and files",
        request: { params: AppParams },
        responses: { 204: { description: "It is gone; what still ran is being stopped." }, ...refusals(404) },
      }),
      async (c) => {
        await deleteApp(c.var.context, c.req.valid("param").appId);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/apps/{appId}/generations",
        summary: "A follow-up request on the newest completed version, or on the one given",
        request: { params: AppParams, headers: IdempotencyHeader, body: jsonBody(CreateGeneration) },
        responses: { 201: json(Generation, "The queued generation"), ...refusals(400, 404, 409, 413, 429) },
      }),
      async (c) => {
        const key = c.req.valid("header")["idempotency-key"];
        const { appId } = c.req.valid("param");
        return c.json(await submitFollowUp(c.var.context, key, appId, c.req.valid("json")), 201);
      },
    );
};
