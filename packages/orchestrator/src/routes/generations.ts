import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import { EventPage } from "@leo/core/api.ts";
import { Generation } from "@leo/core/generation.ts";
import { readEventPage } from "../generation/event-page.ts";
import { viewGeneration } from "../generation/view.ts";
import { cancelGeneration } from "../generation/cancel.ts";
import { submitRetry } from "../generation/submit.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import {
  EventQuery,
  GenerationParams,
  IdempotencyHeader,
  RetryQuery,
  json,
  jsonText,
  refusals,
  SIGNED_IN,
} from "./route.ts";

export const generationRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["generations"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/generations/{id}",
        summary: "A generation's state",
        request: { params: GenerationParams },
        responses: { 200: json(Generation, "The generation"), ...refusals(404) },
      }),
      async (c) => c.json(await viewGeneration(c.var.context, c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: "/api/generations/{id}/events",
        summary: "Stored events after `since`, ascending",
        request: { params: GenerationParams, query: EventQuery },
        responses: { 200: json(EventPage, "One page"), ...refusals(400, 404) },
      }),
      async (c) => {
        const page = await readEventPage(c.var.context, c.req.valid("param").id, c.req.valid("query"));
        return jsonText<z.infer<typeof EventPage>>(c, page);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/generations/{id}/cancel",
        summary: "Ask for the end of a run",
        description: "The state becomes `cancelled` once the run's task is gone.",
        request: { params: GenerationParams },
        responses: { 202: json(Generation, "The generation, being stopped"), ...refusals(404, 409) },
      }),
      async (c) => c.json(await cancelGeneration(c.var.context, c.req.valid("param").id), 202),
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/generations/{id}/retry",
        summary: "The same request again, as a new generation that goes on from what this one has left",
        request: { params: GenerationParams, query: RetryQuery, headers: IdempotencyHeader },
        responses: { 201: json(Generation, "The queued generation"), ...refusals(400, 404, 409, 429) },
      }),
      async (c) => {
        const key = c.req.valid("header")["idempotency-key"];
        const startOver = c.req.valid("query").startOver === "true";
        return c.json(await submitRetry(c.var.context, key, c.req.valid("param").id, { startOver }), 201);
      },
    );
};
