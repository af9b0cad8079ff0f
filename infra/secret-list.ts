/** The seven secrets: SST's name (for `sst secret set`), the variable, the name in Secrets Manager. */
export const SECRETS = {
  SupabaseUrl: { variable: "SUPABASE_URL", name: "supabase-url" },
  SupabaseAnonKey: { variable: "SUPABASE_ANON_KEY", name: "supabase-anon-key" },
  SupabaseServiceRoleKey: { variable: "SUPABASE_SERVICE_ROLE_KEY", name: "supabase-service-role-key" },
  DatabaseUrl: { variable: "DATABASE_URL", name: "database-url" },
  GithubBotToken: { variable: "GITHUB_BOT_TOKEN", name: "github-bot-token" },
  FlyApiToken: { variable: "FLY_API_TOKEN", name: "fly-api-token" },
  ClaudeOauthToken: { variable: "CLAUDE_CODE_OAUTH_TOKEN", name: "claude-oauth-token" },
} as const;

/** Those that a stage has only where somebody sets them; what is not set is not made at all. */
export const OPTIONAL_SECRETS = {
  /** Of a Supabase project that still signs with its legacy shared secret (HS256). */
  SupabaseJwtSecret: { variable: "SUPABASE_JWT_SECRET", name: "supabase-jwt-secret" },
} as const;

export const ALL_SECRETS = { ...SECRETS, ...OPTIONAL_SECRETS };

export type SecretName = keyof typeof SECRETS;
export type OptionalSecretName = keyof typeof OPTIONAL_SECRETS;
export type AnySecretName = SecretName | OptionalSecretName;
export const SECRET_NAMES = Object.keys(SECRETS) as SecretName[];
export const OPTIONAL_SECRET_NAMES = Object.keys(OPTIONAL_SECRETS) as OptionalSecretName[];

/** The seven and the optional ones that are set, from where SST hands them over. */
export const setSecretNames = (env: Record<string, string | undefined>): AnySecretName[] => [
  ...SECRET_NAMES,
  ...OPTIONAL_SECRET_NAMES.filter((name) => env[`SST_SECRET_${name}`]),
];
