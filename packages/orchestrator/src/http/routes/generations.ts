import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { EventPage } from "@leo/core/api.ts";
import { Generation } from "@leo/core/generation.ts";
import type { Context } from "../../context.ts";
import { EVENT_PAGE_MAX, readEventPage } from "../../domain/event-page.ts";
import { findGeneration, refuseLateCancel, viewOne } from "../../domain/generation.ts";
import { submitRetry } from "../../domain/submit.ts";
import { authenticated } from "../authenticate.ts";
import type { UserEnv } from "../env.ts";
import type { RouteParts } from "../parts.ts";
import { GenerationParams, IdempotencyHeader, json, jsonText, refusals, SIGNED_IN } from "../route.ts";

/** Postgres' integer. */
const SEQ_MAX = 2_147_483_647;

const EventQuery = z.object({
  since: z.coerce.number().int().min(0).max(SEQ_MAX).default(0),
  limit: z.coerce.number().int().min(1).max(EVENT_PAGE_MAX).default(EVENT_PAGE_MAX),
});

export const generationRoutes = (context: Context, { queue, cancel, verify }: RouteParts) => {
  const routes = new OpenAPIHono<UserEnv>();
  const { orm } = context.database;
  const signedIn = { middleware: authenticated(verify), security: SIGNED_IN, tags: ["generations"] };

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "get",
      path: "/api/generations/{id}",
      summary: "A generation's state",
      request: { params: GenerationParams },
      responses: { 200: json(Generation, "The generation"), ...refusals(404) },
    }),
    async (c) => c.json(await viewOne(context, queue, c.var.user.userId, c.req.valid("param").id), 200),
  );

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "get",
      path: "/api/generations/{id}/events",
      summary: "Stored events after `since`, ascending",
      request: { params: GenerationParams, query: EventQuery },
      responses: { 200: json(EventPage, "One page"), ...refusals(400, 404) },
    }),
    async (c) => {
      const { id } = await findGeneration(orm, c.var.user.userId, c.req.valid("param").id);
      const page = await readEventPage(context, id, c.req.valid("query"));
      return jsonText<z.infer<typeof EventPage>>(c, page);
    },
  );

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "post",
      path: "/api/generations/{id}/cancel",
      summary: "Ask for the end of a run",
      description: "The state becomes `cancelled` once the run's task is gone.",
      request: { params: GenerationParams },
      responses: { 202: json(Generation, "The generation, being stopped"), ...refusals(404, 409) },
    }),
    async (c) => {
      const { userId: ownerId } = c.var.user;
      const row = await findGeneration(orm, ownerId, c.req.valid("param").id);
      refuseLateCancel(row);
      if (row.state !== "cancelled") await cancel(row.id);
      return c.json(await viewOne(context, queue, ownerId, row.id), 202);
    },
  );

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "post",
      path: "/api/generations/{id}/retry",
      summary: "The same request again, as a new generation",
      request: { params: GenerationParams, headers: IdempotencyHeader },
      responses: { 201: json(Generation, "The queued generation"), ...refusals(400, 404, 409, 429) },
    }),
    async (c) => {
      const { userId: ownerId } = c.var.user;
      const caller = { ownerId, key: c.req.valid("header")["idempotency-key"] };
      const id = await submitRetry(context, caller, c.req.valid("param").id);
      return c.json(await viewOne(context, queue, ownerId, id), 201);
    },
  );

  return routes;
};
