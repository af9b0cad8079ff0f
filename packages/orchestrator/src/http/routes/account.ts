import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { Usage } from "@leo/core/api.ts";
import { usageOf } from "../../domain/usage.ts";
import type { UserEnv } from "../env.ts";
import type { RouteParts } from "../parts.ts";
import { json, refusals, SIGNED_IN } from "../route.ts";

export const accountRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) =>
  new OpenAPIHono<UserEnv>().openapi(
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
