import { type Check, failure, type Finding, ok, warning } from "../check.ts";
import { probe } from "../probe.ts";
import { secretOf, type Target } from "../target.ts";

const OAUTH_BETA = "oauth-2025-04-20";
const VERSION = "2023-06-01";
/** As in the generator's settings. */
const DEFAULT_MODEL = "claude-opus-5-5";

const NEW_TOKEN = "Run `claude setup-token` and set what it prints.";

const credential = (token: string): Record<string, string> =>
  token.startsWith("sk-ant-oat")
    ? { authorization: `Bearer ${token}`, "anthropic-beta": OAUTH_BETA }
    : { "x-api-key": token };

const judge = (status: number, model: string): Finding => {
  if (status === 200) return ok(`the token is accepted, and ${model} may be used`);
  if (status === 401) return failure("the model API does not accept the token", NEW_TOKEN);
  if (status === 403) return failure(`the token may not use ${model}`, NEW_TOKEN);
  if (status === 404) return failure(`the model API knows no ${model}`, "Set LEO_MODEL to another one.");
  if (status === 429)
    return warning("the token is accepted, but its limit is used up", "Wait, or use another plan.");
  return warning(`the model API answers ${status}`, "Look at https://status.claude.com.");
};

/** Counts the tokens of one word: it costs nothing and passes the same doors as a real request. */
const ask = async ({ modelUrl, env }: Target, token: string, signal: AbortSignal): Promise<Finding> => {
  const model = env.LEO_MODEL || DEFAULT_MODEL;
  const answer = await probe(`${modelUrl.replace(/\/+$/, "")}/v1/messages/count_tokens`, signal, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": VERSION, ...credential(token) },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Leo" }] }),
  });
  if ("unreachable" in answer) return failure(`the model API cannot be reached: ${answer.unreachable}`);
  return judge(answer.status, model);
};

export const claudeCheck: Check = {
  name: "claude",
  run: async (target, signal) => {
    if (!target.stage && !target.secrets.ClaudeOauthToken) {
      return [ok("no token in the environment, so the demo model (leo-mock) answers")];
    }
    return [await ask(target, secretOf(target, "ClaudeOauthToken"), signal)];
  },
};
