/** Which model answers on this machine, and what it is paid with. */
import { PRICED_MODELS, pricedModel } from "@leo/generator/gateway/prices.ts";
import { StartError } from "../start-error.ts";
import type { StartSettings } from "./settings.ts";

type ModelSettings = Pick<StartSettings, "credential" | "modelBaseUrl">;

const ANTHROPIC_HOST = "api.anthropic.com";

/** @throws StartError for a model that could not be charged: the gateway refuses it */
const checkModel = (name: string | undefined): void => {
  if (!name || pricedModel(name)) return;
  throw new StartError(
    `LEO_MODEL is "${name}", a model whose price Leo does not know. Start it with one of these, such as LEO_MODEL=${PRICED_MODELS[0]} npm start: ${PRICED_MODELS.join(", ")}.`,
  );
};

const firstOf = (
  env: NodeJS.ProcessEnv,
  names: NonNullable<StartSettings["credential"]>["name"][],
): StartSettings["credential"] => {
  const name = names.find((candidate) => env[candidate]);
  return name && { name, value: env[name] ?? "" };
};

const baseUrlOf = (text: string) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search;
  if (isPlain) return url;
  throw new StartError(
    "ANTHROPIC_BASE_URL is not an address that Leo can use; it must be one such as https://llm.example.com, without a user, a password or a query.",
  );
};

/**
 * @param env usually `process.env`
 * @returns no credential for the demo model
 * @throws StartError for an unknown model, and when an endpoint has no key of its own: it gets nobody else's
 */
export const modelSettings = (env: NodeJS.ProcessEnv): ModelSettings => {
  checkModel(env.LEO_MODEL);
  const baseUrl = env.ANTHROPIC_BASE_URL ? baseUrlOf(env.ANTHROPIC_BASE_URL) : undefined;
  if (!baseUrl || baseUrl.hostname === ANTHROPIC_HOST) {
    return { credential: firstOf(env, ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"]) };
  }
  const credential = firstOf(env, ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"]);
  if (!credential) {
    throw new StartError(
      `ANTHROPIC_BASE_URL is ${baseUrl.origin}, which needs a key of its own: set ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN to send it as a bearer token. CLAUDE_CODE_OAUTH_TOKEN is sent to ${ANTHROPIC_HOST} only; to use that, unset ANTHROPIC_BASE_URL.`,
    );
  }
  if (credential.value.startsWith("sk-ant-oat")) {
    throw new StartError(
      `${credential.name} holds a Claude subscription's token, and ANTHROPIC_BASE_URL is ${baseUrl.origin}. Leo sends such a token to ${ANTHROPIC_HOST} only; set the key of that endpoint.`,
    );
  }
  return { credential, modelBaseUrl: baseUrl.href.replace(/\/$/, "") };
};
