/** The seven secrets: SST's name (for `sst secret set`), the variable, the name in Secrets Manager. */
interface SecretEntry {
  variable: string;
  name: string;
  /** The container that gets it. `nobody`: stored in Secrets Manager, injected nowhere. */
  reader: "orchestrator" | "driver" | "nobody";
}

export const SECRETS = {
  SupabaseUrl: { variable: "SUPABASE_URL", name: "supabase-url", reader: "orchestrator" },
  SupabaseAnonKey: { variable: "SUPABASE_ANON_KEY", name: "supabase-anon-key", reader: "orchestrator" },
  /** For operators' commands: `npm run deploy` creates its test run's user with it. */
  SupabaseServiceRoleKey: {
    variable: "SUPABASE_SERVICE_ROLE_KEY",
    name: "supabase-service-role-key",
    reader: "nobody",
  },
  DatabaseUrl: { variable: "DATABASE_URL", name: "database-url", reader: "orchestrator" },
  GithubBotToken: { variable: "GITHUB_BOT_TOKEN", name: "github-bot-token", reader: "orchestrator" },
  FlyApiToken: { variable: "FLY_API_TOKEN", name: "fly-api-token", reader: "nobody" },
  ClaudeOauthToken: { variable: "CLAUDE_CODE_OAUTH_TOKEN", name: "claude-oauth-token", reader: "driver" },
} as const satisfies Record<string, SecretEntry>;

/** These exist in a stage only if someone sets them. */
export const OPTIONAL_SECRETS = {
  /** For a Supabase project that still signs with its legacy shared secret (HS256). */
  SupabaseJwtSecret: { variable: "SUPABASE_JWT_SECRET", name: "supabase-jwt-secret", reader: "orchestrator" },
  /** Replaces the Claude token. */
  AnthropicApiKey: { variable: "ANTHROPIC_API_KEY", name: "anthropic-api-key", reader: "driver" },
} as const satisfies Record<string, SecretEntry>;

export const ALL_SECRETS = { ...SECRETS, ...OPTIONAL_SECRETS };

export type SecretName = keyof typeof SECRETS;
export type OptionalSecretName = keyof typeof OPTIONAL_SECRETS;
export type AnySecretName = SecretName | OptionalSecretName;
export const SECRET_NAMES = Object.keys(SECRETS) as SecretName[];
export const OPTIONAL_SECRET_NAMES = Object.keys(OPTIONAL_SECRETS) as OptionalSecretName[];

type SstEnvironment = Record<string, string | undefined>;

/** The seven and any optional ones that are set, as SST passes them. */
export const setSecretNames = (env: SstEnvironment): AnySecretName[] => [
  ...SECRET_NAMES,
  ...OPTIONAL_SECRET_NAMES.filter((name) => env[`SST_SECRET_${name}`]),
];

const MODEL_CREDENTIALS = ["ClaudeOauthToken", "AnthropicApiKey"] as const;
export type ModelCredential = (typeof MODEL_CREDENTIALS)[number];

/** Whichever of the two model credentials have a value other than `none`. */
export const usableModelCredentials = (
  values: Partial<Record<AnySecretName, string | undefined>>,
): ModelCredential[] => MODEL_CREDENTIALS.filter((name) => values[name] && values[name] !== "none");

/** Secrets by name, as SST passes them in the environment. */
export const sstSecrets = (env: SstEnvironment): Partial<Record<AnySecretName, string | undefined>> =>
  Object.fromEntries(
    [...SECRET_NAMES, ...OPTIONAL_SECRET_NAMES].map((name) => [name, env[`SST_SECRET_${name}`]]),
  );
