import { z } from "zod";
import { parseConfig } from "@leo/core/config.ts";
import { isLoopback } from "@leo/core/preview/conditions.ts";
import { Id } from "@leo/core/id.ts";
import { DEFAULT_GATEWAY_PORT } from "./port.ts";
import { PRICED_MODELS, pricedModel } from "./prices.ts";

const models = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
  )
  .refine((names) => names.length > 0, "is empty")
  .refine(
    (names) => names.every(pricedModel),
    `has a model without a price; known are ${PRICED_MODELS.join(", ")}`,
  );

/** The API itself, or its stand-in on this machine. */
const isAnthropic = (url: string): boolean => {
  const { hostname } = new URL(url);
  return hostname === "api.anthropic.com" || isLoopback(hostname);
};

const durationMs = z.coerce.number().int().positive();

const Environment = z
  .object({
    GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_GATEWAY_PORT),
    LEO_UPSTREAM_URL: z.url({ protocol: /^https?$/ }).default("https://api.anthropic.com"),
    /** The real credential: one of these three. A Claude token only ever goes to Anthropic. */
    CLAUDE_CODE_OAUTH_TOKEN: z.string().min(1).optional(),
    ANTHROPIC_API_KEY: z.string().min(1).optional(),
    /** For other endpoints, which may expect the key as a bearer token. */
    ANTHROPIC_AUTH_TOKEN: z.string().min(1).optional(),
    LEO_ALLOWED_MODELS: models.default(PRICED_MODELS),
    /** Largest `max_tokens` of one request. */
    LEO_MAX_OUTPUT_TOKENS: z.coerce.number().int().positive().default(64_000),
    LEO_BUDGET_USD: z.coerce.number().positive().default(5),
    /** A stream that is silent for this long is given up. An unstreamed answer may take ten minutes. */
    GATEWAY_SILENT_MS: durationMs.default(120_000),
    /** If the model says it will be away longer than this, the run ends and continues later. */
    LEO_MODEL_WAIT_MAX_MS: durationMs.default(300_000),
    /** Pauses between tries if the model names no time. The first one doubles up to the longest. */
    LEO_MODEL_RETRY_MIN_MS: durationMs.default(1_000),
    LEO_MODEL_RETRY_MAX_MS: durationMs.default(30_000),
    LEO_GENERATION_ID: Id.optional(),
    LEO_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  })
  .refine((env) => env.CLAUDE_CODE_OAUTH_TOKEN || env.ANTHROPIC_API_KEY || env.ANTHROPIC_AUTH_TOKEN, {
    path: ["CLAUDE_CODE_OAUTH_TOKEN"],
    message: "is not set, and neither are ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN",
  })
  .refine((env) => !env.CLAUDE_CODE_OAUTH_TOKEN || isAnthropic(env.LEO_UPSTREAM_URL), {
    path: ["CLAUDE_CODE_OAUTH_TOKEN"],
    message:
      "is a token for api.anthropic.com, and LEO_UPSTREAM_URL is another address: set ANTHROPIC_API_KEY",
  });

export type GatewayConfig = z.infer<typeof Environment>;

/** The gateway's settings. Throws ConfigError naming every one that is missing or wrong. */
export const readGatewayConfig = (env: Record<string, string | undefined>): GatewayConfig =>
  parseConfig(Environment, env);
