import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { GatewayConfig } from "./config.ts";

const OAUTH_BETA = "oauth-2025-04-20";

/** Request headers that reach the upstream; a credential of the agent's container is none of them. */
const isForwarded = (name: string) =>
  ["accept", "content-type", "user-agent", "x-app"].includes(name) ||
  name.startsWith("anthropic-") ||
  name.startsWith("x-stainless-");

/** Answer headers that reach the agent: no cookies, nothing that describes the connection. */
const isReturned = (name: string) =>
  ["content-type", "cache-control", "retry-after", "retry-after-ms", "request-id", "x-should-retry"].includes(
    name,
  ) || name.startsWith("anthropic-");

const pick = (headers: IncomingHttpHeaders, wanted: (name: string) => boolean): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));

const withBeta = (present: string | string[] | undefined, beta: string) => {
  const betas = [present ?? []]
    .flat()
    .join(",")
    .split(",")
    .map((name) => name.trim());
  return [...new Set([...betas, beta])].filter(Boolean).join(",");
};

/** The upstream's headers: the agent's, with the real credential in place of the dummy. */
export const upstreamHeaders = (
  headers: IncomingHttpHeaders,
  config: Pick<GatewayConfig, "CLAUDE_CODE_OAUTH_TOKEN" | "ANTHROPIC_API_KEY">,
  body: Buffer,
): OutgoingHttpHeaders => {
  const common = {
    ...pick(headers, isForwarded),
    // Compressed answers would hide their token counts.
    "accept-encoding": "identity",
    "content-length": body.length,
  };
  const { CLAUDE_CODE_OAUTH_TOKEN: oauthToken, ANTHROPIC_API_KEY: apiKey } = config;
  if (!oauthToken) return { ...common, "x-api-key": apiKey };
  return {
    ...common,
    authorization: `Bearer ${oauthToken}`,
    "anthropic-beta": withBeta(headers["anthropic-beta"], OAUTH_BETA),
  };
};

export const answerHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders => pick(headers, isReturned);
