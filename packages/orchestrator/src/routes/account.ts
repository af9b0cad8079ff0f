import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { Usage } from "@leo/core/api.ts";
import { endSession } from "../account/sessions.ts";
import { usageOf } from "../account/usage.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { json, refusals, SIGNED_IN } from "./route.ts";

export const accountRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        method: "post",
        path: "/api/session/end",
        summary: "Signs out: no token of this sign-in is taken any more, and its sockets close",
        tags: ["account"],
        middleware: signedIn,
        security: SIGNED_IN,
        responses: { 204: { description: "It is over" }, ...refusals() },
      }),
      async (c) => {
        const { session } = c.var.user;
        if (session) await endSession(c.var.context, session);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/api/usage",
        summary: "My spend, limits, running and queued",
        tags: ["account"],
        middleware: signedIn,
        security: SIGNED_IN,
        responses: { 200: json(Usage, "Since midnight UTC"), ...refusals() },
      }),
      async (c) => c.json(await usageOf(c.var.context), 200),
    );
};
