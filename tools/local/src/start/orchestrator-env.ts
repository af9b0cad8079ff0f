import { isLoopback } from "@leo/core/preview/conditions.ts";
import { networkSettings } from "@leo/core/network-settings.ts";
import type { LocalAuth } from "../auth.ts";
import type { LocalAws } from "../aws.ts";
import type { LocalEcs } from "../ecs.ts";
import type { StartSettings } from "./settings.ts";

export const BUCKET = "leo-saas-generated-apps-local";
export const QUEUE = "leo-saas-task-events";
export const CLUSTER = "leo-local";

/** Variables of the person's shell that reach Leo's processes; everything else stays out, the password too. */
const PASSED_ON = /^(LEO_(?!LOCAL_PASSWORD$)|OTEL_)|^GITHUB_BOT_TOKEN$/;

export const passedOn = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => PASSED_ON.test(entry[0]) && !!entry[1]),
  );

/** What a Node process needs of its own surroundings, the machine's way to the internet included. */
export const processEnv = (cacheDir: string): Record<string, string> => ({
  ...networkSettings(process.env),
  PATH: process.env.PATH ?? "",
  HOME: process.env.HOME ?? "",
  NODE_COMPILE_CACHE: cacheDir,
});

/** Hosts of their own where the browser finds any such host on this machine; otherwise a path, as on AWS without a domain. */
const previewUrlTemplate = ({ publicUrl, port }: Pick<StartSettings, "publicUrl" | "port">): string =>
  isLoopback(new URL(publicUrl).hostname)
    ? `http://{generationId}.localhost:${port}`
    : `${publicUrl}/preview/{generationId}/`;

/** The environment of the orchestrator: the same variables as on AWS. */
export const orchestratorEnv = (
  settings: Pick<StartSettings, "port" | "publicUrl" | "credential" | "modelBaseUrl">,
  parts: {
    aws: Pick<LocalAws, "env">;
    ecs: Pick<LocalEcs, "env" | "cluster">;
    auth: Pick<LocalAuth, "url" | "anonKey">;
    queueUrl: string;
    databaseUrl: string;
    /** Where generators' sockets are taken. */
    generatorPort: number;
  },
): Record<string, string> => ({
  PORT: String(settings.port),
  LEO_GENERATOR_PORT: String(parts.generatorPort),
  LEO_LISTEN_HOST: "127.0.0.1",
  LEO_MODE: "local",
  LEO_MODEL_IS_MOCK: String(!settings.credential),
  // Empty counts as not set.
  LEO_MODEL_ENDPOINT: settings.modelBaseUrl ? new URL(settings.modelBaseUrl).host : "",
  LEO_PUBLIC_URL: settings.publicUrl,
  LEO_PREVIEW_URL_TEMPLATE: previewUrlTemplate(settings),
  LEO_GENERATOR_URL: `ws://127.0.0.1:${parts.generatorPort}/ws/generator`,
  DATABASE_URL: parts.databaseUrl,
  SUPABASE_URL: parts.auth.url,
  SUPABASE_ANON_KEY: parts.auth.anonKey,
  ...parts.aws.env,
  ...parts.ecs.env,
  LEO_BUCKET: BUCKET,
  LEO_CLUSTER: parts.ecs.cluster,
  LEO_GENERATOR_FAMILY: "leo",
  LEO_GENERATOR_SUBNETS: "subnet-local",
  LEO_GENERATOR_SECURITY_GROUPS: "sg-local",
  LEO_TASK_EVENTS_QUEUE_URL: parts.queueUrl,
  // Nobody pays for questions here, and who presses Ctrl-C waits for the last one.
  LEO_TASK_EVENTS_POLL_MS: "1000",
  // The local ECS knows its tasks at once, and after a restart none: a run whose task is gone goes on in seconds.
  LEO_RECONCILE_INTERVAL_MS: "3000",
  LEO_TASK_SETTLE_MS: "3000",
});

/** Three generations at once; a person may set others. */
export const ORCHESTRATOR_DEFAULTS: Record<string, string> = { LEO_VCPU_BUDGET: "12" };
