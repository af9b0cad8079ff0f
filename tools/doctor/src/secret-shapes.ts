/** What each secret looks like. Messages never repeat a value. */
import { databaseUrlProblem, JWT_SECRET_CHARS_MIN, type Problem } from "../../preflight/problems.ts";
import type { AnySecretName } from "../../../infra/secret-list.ts";
import { parseJson } from "@leo/core/parse-json.ts";

const NONE = "none";

/** The role inside one of Supabase's older keys, which are JWTs. */
const roleOf = (key: string): string | undefined => {
  const payload = key.split(".")[1];
  if (!key.startsWith("eyJ") || !payload) return undefined;
  const claims = parseJson(Buffer.from(payload, "base64url").toString("utf8"));
  return (claims as { role?: string } | undefined)?.role;
};

const supabaseUrl = (text: string): Problem | undefined => {
  const advice = "copy it from the project's settings; it looks like https://abcdefgh.supabase.co";
  if (!URL.canParse(text)) return { what: "is not a URL", advice };
  const { protocol, pathname } = new URL(text);
  if (protocol !== "https:") return { what: "is not an https URL", advice };
  return pathname === "/" ? undefined : { what: "has a path", advice };
};

const anonKey = (text: string): Problem | undefined => {
  const advice = "use the project's publishable key (sb_publishable_…)";
  if (text.startsWith("sb_secret_") || roleOf(text) === "service_role") {
    return { what: "is a secret key, and browsers would see it", advice };
  }
  return text.startsWith("sb_publishable_") || roleOf(text) === "anon"
    ? undefined
    : { what: "is not one of Supabase's keys", advice };
};

const serviceRoleKey = (text: string): Problem | undefined =>
  text.startsWith("sb_secret_") || roleOf(text) === "service_role"
    ? undefined
    : { what: "is not a secret key of Supabase", advice: "use the project's secret key (sb_secret_…)" };

const shaped =
  (shape: RegExp, what: string, advice: string) =>
  (text: string): Problem | undefined =>
    text === NONE || shape.test(text) ? undefined : { what, advice };

const claudeToken = (text: string): Problem | undefined => {
  const advice = "run `claude setup-token` and use what it prints (sk-ant-oat…)";
  if (text === NONE || text.startsWith("sk-ant-oat")) return undefined;
  if (text.startsWith("sk-ant-api")) {
    return {
      what: "is an API key, not a Claude token",
      advice: "set it as AnthropicApiKey, and ClaudeOauthToken to none",
    };
  }
  return { what: "is not a Claude token", advice };
};

const SHAPES: Record<AnySecretName, (text: string) => Problem | undefined> = {
  SupabaseUrl: supabaseUrl,
  SupabaseAnonKey: anonKey,
  SupabaseServiceRoleKey: serviceRoleKey,
  DatabaseUrl: databaseUrlProblem,
  GithubBotToken: shaped(
    /^(gh[pousr]_|github_pat_)\w+$/,
    "is not a GitHub token",
    "make a token for the bot's account (ghp_… or github_pat_…), or set it to none",
  ),
  FlyApiToken: shaped(
    /^(FlyV1 |fo1_|fm2_)/,
    "is not a Fly.io token",
    "make one with `fly tokens create org`, or set it to none",
  ),
  ClaudeOauthToken: claudeToken,
  AnthropicApiKey: shaped(
    /^sk-ant-api/,
    "is not an API key of Anthropic",
    "make one in the Claude Console (sk-ant-api…), or remove it",
  ),
  SupabaseJwtSecret: (text) =>
    text.length >= JWT_SECRET_CHARS_MIN
      ? undefined
      : {
          what: `is shorter than ${JWT_SECRET_CHARS_MIN} characters`,
          advice: "copy the project's legacy JWT secret whole, or remove it",
        },
};

/** What's wrong with a secret's format, if anything. */
export const shapeProblem = (name: AnySecretName, value: string): Problem | undefined => {
  if (value !== value.trim()) {
    return { what: "begins or ends with a space or a line break", advice: "set it again without" };
  }
  return SHAPES[name](value);
};
