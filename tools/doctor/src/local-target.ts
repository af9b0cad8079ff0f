import { runningLeo } from "../../local/src/start/run-file.ts";
import { BUCKET, QUEUE } from "../../local/src/start/orchestrator-env.ts";
import { readSettings } from "../../local/src/start/settings.ts";
import type { Target } from "./target.ts";
import { clientLimits, outside } from "./outside.ts";

/** This machine, and the Leo running on it, if any. */
export const localTarget = async (env: NodeJS.ProcessEnv): Promise<Target> => {
  const { dataDir, port, credential, modelBaseUrl } = readSettings({ fresh: false }, env);
  const leo = await runningLeo(dataDir);
  const { supabase, supabaseAnonKey, database, aws, model } = leo?.endpoints ?? {};
  return {
    name: "this machine",
    env,
    ...outside(env, "us-east-1"),
    // Any key opens the local cloud.
    aws: {
      ...clientLimits("us-east-1"),
      endpoint: aws,
      credentials: { accessKeyId: "LEOLOCAL", secretAccessKey: "local" },
    },
    identity: { account: "local", arn: "" },
    s3ForcePathStyle: true,
    secrets: {
      ...(supabase && { SupabaseUrl: supabase }),
      ...(supabaseAnonKey && { SupabaseAnonKey: supabaseAnonKey }),
      ...(database && { DatabaseUrl: database }),
      ...(env.GITHUB_BOT_TOKEN && { GithubBotToken: env.GITHUB_BOT_TOKEN }),
      ...(credential &&
        !modelBaseUrl && {
          [credential.name === "ANTHROPIC_API_KEY" ? "AnthropicApiKey" : "ClaudeOauthToken"]:
            credential.value,
        }),
    },
    // Until `npm start` is ready, its run file has no endpoints.
    isUp: database !== undefined,
    bucket: BUCKET,
    queue: { name: QUEUE },
    ...(leo && { publicUrl: leo.url }),
    ...(model && !credential && { modelUrl: model }),
    ...(modelBaseUrl && { modelUrl: modelBaseUrl, modelEndpoint: new URL(modelBaseUrl).host }),
    dataDir,
    port,
  };
};
