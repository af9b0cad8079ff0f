import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "./env.ts";

const INFO = {
  title: "Leo",
  version: "1",
  description:
    "Errors are `{ error: { code, message, details? } }`. A user sees only what is theirs; anything else is 404.",
};

/** Hono's way to say that a parameter spans segments, `{path{.+}}`, is no OpenAPI. */
const plainPath = (path: string) => path.replaceAll(/\{(\w+)\{[^}]*\}\}/g, "{$1}");

/** Serves the document that is generated from all routes registered so far, at `/api/openapi.json`. */
export const addDocument = (api: OpenAPIHono<Env>) => {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A Supabase access token",
  });
  const document = api.getOpenAPI31Document({ openapi: "3.1.0", info: INFO });
  const paths = Object.fromEntries(
    Object.entries(document.paths ?? {}).map(([path, operations]) => [plainPath(path), operations]),
  );
  api.get("/api/openapi.json", (c) => c.json({ ...document, paths }));
};
