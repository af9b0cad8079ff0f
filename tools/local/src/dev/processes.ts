/** The environments of Leo's processes in `sst dev`. */
import { findChromium } from "../../setup/chromium.mjs";
import { CLUSTER, passedOn, processEnv } from "../start/orchestrator-env.ts";
import { CACHE_DIR } from "../start/settings.ts";
import type { DevSettings } from "./environment.ts";

/** What the stage's settings say of CloudWatch, where nothing of this goes. */
const NOT_HERE = ["LEO_TASK_LOG_URL", "LEO_CLOUD_METRICS_APP", "LEO_DEV_PORT"];

const stageSettings = (): Record<string, string> =>
  Object.fromEntries(Object.entries(passedOn(process.env)).filter(([name]) => !NOT_HERE.includes(name)));

/**
 * @param aws Region, keys and endpoints
 * @param local where the relays, the local ECS endpoint and its queue are
 */
export const devOrchestratorEnv = (
  settings: DevSettings,
  aws: Record<string, string>,
  local: {
    port: number;
    generatorPort: number;
    /** The relay to the generators' port. */
    generatorRelayPort: number;
    queueUrl: string;
    endpoints: Record<string, string>;
  },
): Record<string, string> => ({
  ...processEnv(CACHE_DIR),
  ...stageSettings(),
  ...aws,
  ...local.endpoints,
  PORT: String(local.port),
  LEO_GENERATOR_PORT: String(local.generatorPort),
  LEO_LISTEN_HOST: "127.0.0.1",
  // No load balancer stands before it that could be believed.
  LEO_TRUSTED_PROXIES: "0",
  LEO_PUBLIC_URL: `http://localhost:${settings.port}`,
  LEO_PREVIEW_URL_TEMPLATE: `http://{generationId}.localhost:${settings.port}`,
  LEO_GENERATOR_URL: `ws://127.0.0.1:${local.generatorRelayPort}/ws/generator`,
  LEO_CLUSTER: CLUSTER,
  LEO_GENERATOR_FAMILY: "leo",
  LEO_TASK_EVENTS_QUEUE_URL: local.queueUrl,
  // Nobody pays for questions to a local queue, and a restart waits for the last one.
  LEO_TASK_EVENTS_POLL_MS: "1000",
  DATABASE_URL: settings.databaseUrl,
  SUPABASE_URL: settings.supabaseUrl,
  SUPABASE_ANON_KEY: settings.supabaseAnonKey,
  GITHUB_BOT_TOKEN: settings.githubBotToken,
  ...(settings.supabaseJwtSecret && { SUPABASE_JWT_SECRET: settings.supabaseJwtSecret }),
});

/** What a generator gets beside its credentials. */
export const devGeneratorEnv = (): Record<string, string> =>
  passedOn({
    LEO_CHROMIUM: findChromium(),
    LEO_MODEL: process.env.LEO_MODEL,
    LEO_S3_FORCE_PATH_STYLE: process.env.LEO_S3_FORCE_PATH_STYLE,
  });

/** The development server of the web UI gets no key and no secret. */
export const devWebEnv = (relayPort: number): Record<string, string> => {
  const { NODE_COMPILE_CACHE: _cache, ...env } = processEnv(CACHE_DIR);
  return { ...env, LEO_ORCHESTRATOR_URL: `http://127.0.0.1:${relayPort}` };
};
