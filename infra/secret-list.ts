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

export type SecretName = keyof typeof SECRETS;
export const SECRET_NAMES = Object.keys(SECRETS) as SecretName[];
