import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { Usage } from "@leo/core/api.ts";
import type { Context } from "../../context.ts";
import { usageOf } from "../../domain/usage.ts";
import { authenticated } from "../authenticate.ts";
import type { UserEnv } from "../env.ts";
import type { RouteParts } from "../parts.ts";
import { json, refusals, SIGNED_IN } from "../route.ts";

export const accountRoutes = (context: Context, { verify }: Pick<RouteParts, "verify">) =>
  new OpenAPIHono<UserEnv>().openapi(
    createRoute({
      method: "get",
      path: "/api/usage",
      summary: "My spend, limits, running and queued",
      tags: ["account"],
      middleware: authenticated(verify),
      security: SIGNED_IN,
      responses: { 200: json(Usage, "Since midnight UTC"), ...refusals() },
    }),
    async (c) => c.json(await usageOf(context, c.var.user.userId), 200),
  );
