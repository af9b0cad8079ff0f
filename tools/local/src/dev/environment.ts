/** What SST puts into the environment of the command that `sst dev` runs. */
import { z } from "zod";
import { ConfigError, parseConfig } from "@leo/core/config.ts";
import { StartError } from "../start-error.ts";
import type { StartSettings } from "../start/settings.ts";

const parseJson = (text: string, context: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("is not the JSON that SST writes");
    return z.NEVER;
  }
};

/** A link's properties: JSON in a variable. */
const linked = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.string().transform(parseJson).pipe(z.object(shape));

const secret = linked({ value: z.string() }).transform(({ value }) => value);
/** A secret that a stage may do without. */
const optionalSecret = secret
  .optional()
  .transform((value) => (value && value !== "none" ? value : undefined));
const port = z.coerce.number().int().min(1).max(65_535);

const Environment = z.object({
  PORT: port.default(5013),
  /** SST sets PORT itself, so this is how a person chooses another one. */
  LEO_DEV_PORT: port.optional(),
  AWS_REGION: z.string().min(1),
  LEO_BUCKET: z.string().min(3),
  SST_RESOURCE_App: linked({ name: z.string(), stage: z.string() }),
  SST_RESOURCE_DatabaseUrl: secret.pipe(z.url({ protocol: /^postgres(ql)?$/ })),
  SST_RESOURCE_SupabaseUrl: secret,
  SST_RESOURCE_SupabaseAnonKey: secret,
  SST_RESOURCE_GithubBotToken: secret,
  SST_RESOURCE_SupabaseJwtSecret: optionalSecret,
  SST_RESOURCE_ClaudeOauthToken: optionalSecret,
  SST_RESOURCE_AnthropicApiKey: optionalSecret,
});

export interface DevSettings {
  stage: string;
  /** Where the browser finds Leo. */
  port: number;
  region: string;
  bucket: string;
  databaseUrl: string;
  supabaseUrl: string;
  supabaseAnonKey: string;
  githubBotToken: string;
  /** Of a Supabase project that signs with its legacy shared secret. */
  supabaseJwtSecret: string | undefined;
  /** What pays for the model. */
  credential: NonNullable<StartSettings["credential"]>;
}

const credentialOf = (parsed: z.infer<typeof Environment>): DevSettings["credential"] => {
  const { SST_RESOURCE_ClaudeOauthToken: token, SST_RESOURCE_AnthropicApiKey: key } = parsed;
  if (token) return { name: "CLAUDE_CODE_OAUTH_TOKEN", value: token };
  if (key) return { name: "ANTHROPIC_API_KEY", value: key };
  throw new StartError(
    "The stage has no credential for the model. Run: npx sst secret set ClaudeOauthToken … --stage " +
      parsed.SST_RESOURCE_App.stage,
  );
};

const SECRET_VARIABLE = /^ {2}SST_RESOURCE_(?!App)(\w+): (.*)$/gm;

/**
 * @param env of the process, as SST made it
 * @throws StartError when SST did not start this; ConfigError naming each setting that is missing or wrong
 */
export const readDevSettings = (env: NodeJS.ProcessEnv): DevSettings => {
  if (!env.SST_RESOURCE_App) {
    throw new StartError(
      "This command works only inside `sst dev`, which gives it a stage's settings. Run: npx sst dev --stage NAME",
    );
  }
  try {
    const parsed = parseConfig(Environment, env);
    return {
      stage: parsed.SST_RESOURCE_App.stage,
      port: parsed.LEO_DEV_PORT ?? parsed.PORT,
      region: parsed.AWS_REGION,
      bucket: parsed.LEO_BUCKET,
      databaseUrl: parsed.SST_RESOURCE_DatabaseUrl,
      supabaseUrl: parsed.SST_RESOURCE_SupabaseUrl,
      supabaseAnonKey: parsed.SST_RESOURCE_SupabaseAnonKey,
      githubBotToken: parsed.SST_RESOURCE_GithubBotToken,
      supabaseJwtSecret: parsed.SST_RESOURCE_SupabaseJwtSecret,
      credential: credentialOf(parsed),
    };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    const named = cause.message.replace(SECRET_VARIABLE, "  the secret $1: $2 (npx sst secret set $1 …)");
    throw new ConfigError(named, { cause });
  }
};
