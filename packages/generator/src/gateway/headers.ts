import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { GatewayConfig } from "./config.ts";
import { allowedBetas } from "./request.ts";

const OAUTH_BETA = "oauth-2025-04-20";

/** Request headers that are forwarded; credentials from the agent's container are not among them. */
const isForwarded = (name: string) =>
  ["accept", "content-type", "user-agent", "x-app", "anthropic-version"].includes(name) ||
  name.startsWith("x-stainless-");

/** Response headers that reach the agent: no cookies, nothing about the connection. */
const isReturned = (name: string) =>
  ["content-type", "cache-control", "retry-after", "retry-after-ms", "request-id", "x-should-retry"].includes(
    name,
  ) || name.startsWith("anthropic-");

const pick = (headers: IncomingHttpHeaders, wanted: (name: string) => boolean): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));

/** The agent's headers, with the real credential in place of the dummy. */
export const upstreamHeaders = (
  headers: IncomingHttpHeaders,
  config: Pick<GatewayConfig, "CLAUDE_CODE_OAUTH_TOKEN" | "ANTHROPIC_API_KEY" | "ANTHROPIC_AUTH_TOKEN">,
  body: Buffer,
): OutgoingHttpHeaders => {
  const { CLAUDE_CODE_OAUTH_TOKEN: oauthToken, ANTHROPIC_API_KEY: apiKey, ANTHROPIC_AUTH_TOKEN } = config;
  const bearer = oauthToken ?? (apiKey ? undefined : ANTHROPIC_AUTH_TOKEN);
  const betas = [...allowedBetas(headers["anthropic-beta"]), ...(oauthToken ? [OAUTH_BETA] : [])];
  return {
    ...pick(headers, isForwarded),
    ...(betas.length > 0 ? { "anthropic-beta": betas.join(",") } : {}),
    // Compressed answers would hide their token counts.
    "accept-encoding": "identity",
    "content-length": body.length,
    ...(bearer ? { authorization: `Bearer ${bearer}` } : { "x-api-key": apiKey }),
  };
};

export const answerHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => pick(headers, isReturned);
