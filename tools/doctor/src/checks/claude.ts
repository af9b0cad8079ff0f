import { usableModelCredentials, type ModelCredential } from "../../../../infra/secret-list.ts";
import { DEFAULT_MODEL } from "../../../../packages/generator/src/agent/default-models.ts";
import type { Check } from "../check.ts";
import { failure, type Finding, LeftOut, ok, warning } from "../finding.ts";
import { probe } from "../probe.ts";
import { needCredentials, type Target } from "../target.ts";

const OAUTH_BETA = "oauth-2025-04-20";
const VERSION = "2023-06-01";

/** What the secret is called in sentences, and what to do if the API rejects it. */
const CREDENTIALS: Record<ModelCredential, { noun: string; renew: string }> = {
  ClaudeOauthToken: { noun: "token", renew: "Run `claude setup-token` and set what it prints." },
  AnthropicApiKey: { noun: "key", renew: "Create another key in the Claude Console and set it." },
};

const headersFor = (credential: string): Record<string, string> =>
  credential.startsWith("sk-ant-oat")
    ? { authorization: `Bearer ${credential}`, "anthropic-beta": OAUTH_BETA }
    : { "x-api-key": credential };

const judge = (status: number, model: string, name: ModelCredential): Finding => {
  const { noun, renew } = CREDENTIALS[name];
  if (status === 200) return ok(`the ${noun} is accepted, and ${model} may be used`);
  if (status === 401) return failure(`the model API rejects the ${noun}`, renew);
  if (status === 403) return failure(`the ${noun} may not use ${model}`, renew);
  if (status === 404)
    return failure(`the model API doesn't know ${model}`, "Set LEO_MODEL to another model.");
  if (status === 429)
    return warning(`the ${noun} is accepted, but its limit is reached`, "Wait, or use another plan.");
  return warning(`the model API returns ${status}`, "See https://status.claude.com.");
};

/** Counts the tokens of one word: it's free and takes the same path as a real request. */
const ask = async (target: Target, name: ModelCredential, signal: AbortSignal): Promise<Finding> => {
  const { modelUrl, env, stage, secrets } = target;
  const model = (stage ? stage.generator.model : env.LEO_MODEL) || DEFAULT_MODEL;
  const answer = await probe(`${modelUrl.replace(/\/+$/, "")}/v1/messages/count_tokens`, signal, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "anthropic-version": VERSION,
      ...headersFor(secrets[name] ?? ""),
    },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Leo" }] }),
  });
  if ("unreachable" in answer) return failure(`the model API can't be reached: ${answer.unreachable}`);
  return judge(answer.status, model, name);
};

export const claudeCheck: Check = {
  name: "claude",
  run: async (target, signal) => {
    // Its key goes to no one else, and it may support nothing but the Messages API.
    if (target.modelEndpoint)
      return [ok(`the model is at ${target.modelEndpoint}, which the doctor doesn't check`)];
    const [name] = usableModelCredentials(target.secrets);
    if (name) return [await ask(target, name, signal)];
    if (!target.stage) return [ok("no token in the environment, so the demo model (leo-mock) answers")];
    needCredentials(target);
    throw new LeftOut(target.secretsProblem ? "the secrets" : "a credential for the model");
  },
};
