import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Env } from "./env.ts";

const INFO = {
  title: "Leo",
  version: "1",
  description:
    "Errors are `{ error: { code, message, details? } }`. A user sees only what is theirs; anything else is 404.",
};

/** Hono's notation for a parameter that spans segments, `{path{.+}}`, isn't OpenAPI. */
const plainPath = (path: string) => path.replaceAll(/\{(\w+)\{[^}]*\}\}/g, "{$1}");

const documentOf = (api: OpenAPIHono<Env>) => {
  const document = api.getOpenAPI31Document({ openapi: "3.1.0", info: INFO });
  const paths = Object.fromEntries(
    Object.entries(document.paths ?? {}).map(([path, operations]) => [plainPath(path), operations]),
  );
  return { ...document, paths };
};

/** Serves the document that is generated from all routes, at `/api/openapi.json`. */
export const addDocument = (api: OpenAPIHono<Env>) => {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A Supabase access token",
  });
  // Building it takes as long as the rest of startup, and few request it.
  let document: ReturnType<typeof documentOf> | undefined;
  api.get("/api/openapi.json", (c) => c.json((document ??= documentOf(api))));
};
