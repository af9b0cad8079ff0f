import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { PublicConfig } from "@leo/core/api.ts";
import type { Context } from "../app-context.ts";
import { limitsOf } from "../account/usage.ts";
import type { Env } from "../http/env.ts";
import type { ApiParts } from "./parts.ts";
import { isInsidePeer } from "../http/peer.ts";
import { bytes, json } from "./route.ts";

const Health = z.object({ status: z.enum(["ok", "draining", "no_database"]) });

export const publicRoutes = (
  { config }: Context,
  { health, metrics }: Pick<ApiParts, "health" | "metrics">,
) => {
  return new OpenAPIHono<Env>()
    .openapi(
      createRoute({
        method: "get",
        path: "/health",
        summary: "Whether this orchestrator takes requests",
        tags: ["operations"],
        security: [],
        responses: { 200: json(Health, "It does"), 503: json(Health, "It drains, or has no database") },
      }),
      async (c) => {
        const status = await health();
        return c.json({ status }, status === "ok" ? 200 : 503);
      },
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/api/config",
        summary: "What the browser needs to know before anyone signs in",
        tags: ["operations"],
        security: [],
        responses: { 200: json(PublicConfig, "Settings") },
      }),
      (c) =>
        c.json(
          {
            mode: config.LEO_MODE,
            modelIsMock: config.LEO_MODEL_IS_MOCK,
            ...(config.LEO_MODEL_ENDPOINT && { modelEndpoint: config.LEO_MODEL_ENDPOINT }),
            supabaseUrl: config.SUPABASE_URL,
            supabaseAnonKey: config.SUPABASE_ANON_KEY,
            previewUrlTemplate: config.LEO_PREVIEW_URL_TEMPLATE,
            github: config.GITHUB_BOT_TOKEN !== undefined,
            limits: limitsOf(config),
          },
          200,
        ),
    )
    .openapi(
      createRoute({
        method: "get",
        path: "/metrics",
        summary: "Prometheus metrics; only for callers inside the network",
        tags: ["operations"],
        security: [],
        responses: { 200: bytes("Prometheus' text format"), 404: bytes("The caller is outside") },
      }),
      async (c) => {
        if (!isInsidePeer(c)) return c.notFound();
        return c.body(await metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
      },
    );
};
