/**
 * What `sst dev` runs: the orchestrator on this machine, with the stage's real bucket, database and
 * secrets. Its generators are processes here too, started through the local ECS endpoint; how they
 * end is told through a local queue. Settings and credentials come from SST's environment.
 */
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { ConfigError, parseConfig } from "@leo/core/config.ts";
import { startAws } from "./aws.ts";
import { startEcs } from "./ecs.ts";
import { processContainers } from "./ecs/process-containers.ts";
import { Guardian } from "./processes/guardian.ts";
import { StartError } from "./start-error.ts";
import { generatorDefinition } from "./start/generator-definition.ts";
import { CLUSTER, passedOn, processEnv, QUEUE } from "./start/orchestrator-env.ts";
import { refuseTakenPort } from "./start/public-port.ts";
import { CACHE_DIR, ROOT } from "./start/settings.ts";
import { supervise } from "./start/supervised.ts";

const STOP_GRACE_MS = 2_500;

/** A link's properties, as SST hands them over: JSON in a variable. */
const linked = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.object(shape));
const secret = linked({ value: z.string() }).transform(({ value }) => value);

const Environment = z.object({
  PORT: z.coerce.number().int().default(5013),
  AWS_REGION: z.string().min(1),
  LEO_BUCKET: z.string().min(3),
  SST_RESOURCE_App: linked({ stage: z.string() }).transform(({ stage }) => stage),
  SST_RESOURCE_DatabaseUrl: secret,
  SST_RESOURCE_SupabaseUrl: secret,
  SST_RESOURCE_SupabaseAnonKey: secret,
  SST_RESOURCE_GithubBotToken: secret,
  SST_RESOURCE_ClaudeOauthToken: secret,
});

/** Credentials, Region and endpoints that the AWS SDK reads by itself. */
const awsEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[0].startsWith("AWS_") && !!entry[1],
    ),
  );

const orchestratorEnv = (settings: z.infer<typeof Environment>, local: Record<string, string>) => {
  const origin = `http://localhost:${settings.PORT}`;
  return {
    ...processEnv(CACHE_DIR),
    ...passedOn(process.env),
    ...awsEnvironment(),
    PORT: String(settings.PORT),
    LEO_LISTEN_HOST: "127.0.0.1",
    LEO_PUBLIC_URL: origin,
    LEO_PREVIEW_URL_TEMPLATE: `http://{generationId}.localhost:${settings.PORT}`,
    LEO_GENERATOR_URL: `ws://127.0.0.1:${settings.PORT}/ws/generator`,
    LEO_CLUSTER: CLUSTER,
    LEO_GENERATOR_FAMILY: "leo",
    DATABASE_URL: settings.SST_RESOURCE_DatabaseUrl,
    SUPABASE_URL: settings.SST_RESOURCE_SupabaseUrl,
    SUPABASE_ANON_KEY: settings.SST_RESOURCE_SupabaseAnonKey,
    GITHUB_BOT_TOKEN: settings.SST_RESOURCE_GithubBotToken,
    ...local,
  };
};

const run = async (settings: z.infer<typeof Environment>, guardian: Guardian, workDir: string) => {
  const logDir = path.join(ROOT, ".leo", `dev-${settings.SST_RESOURCE_App}`, "logs");
  await refuseTakenPort(settings.PORT);
  await Promise.all([mkdir(logDir, { recursive: true }), mkdir(workDir, { recursive: true })]);

  const queues = await startAws();
  const queueUrl = queues.createQueue(QUEUE);
  const watched = {
    onStart: (pid: number) => guardian.register(pid),
    onExit: (pid: number) => guardian.unregister(pid),
  };
  const ecs = await startEcs({
    cluster: CLUSTER,
    queueUrl,
    runContainer: processContainers({ logDir, workDir, ...watched }),
  });
  ecs.register(
    generatorDefinition(
      { credential: { name: "CLAUDE_CODE_OAUTH_TOKEN", value: settings.SST_RESOURCE_ClaudeOauthToken } },
      { generatorEnv: awsEnvironment() },
      {
        modelUrl: process.env.LEO_UPSTREAM_URL,
        environment: {},
        userEnvironment: passedOn({
          LEO_CHROMIUM: process.env.LEO_CHROMIUM,
          LEO_S3_FORCE_PATH_STYLE: process.env.LEO_S3_FORCE_PATH_STYLE,
        }),
      },
    ),
  );
  const ending = new AbortController();
  const orchestrator = await supervise({
    name: "orchestrator",
    args: [path.join(ROOT, "packages/orchestrator/src/main.ts")],
    env: orchestratorEnv(settings, {
      ...ecs.env,
      AWS_ENDPOINT_URL_SQS: queues.url,
      LEO_TASK_EVENTS_QUEUE_URL: queueUrl,
    }),
    logFile: path.join(logDir, "orchestrator.log"),
    healthUrl: `http://127.0.0.1:${settings.PORT}/health`,
    ...watched,
    runEnds: ending.signal,
    say: (sentence) => console.log(sentence),
  });
  console.log(
    `Leo is ready: http://localhost:${settings.PORT} (bucket ${settings.LEO_BUCKET}, logs in ${logDir})`,
  );

  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
  });
  ending.abort();
  await Promise.all([orchestrator.stop(STOP_GRACE_MS), ecs.stop(STOP_GRACE_MS)]);
  await queues.stop();
};

const fail = (error: unknown) => {
  process.exitCode = 1;
  const isKnown = error instanceof StartError || error instanceof ConfigError;
  console.error(isKnown ? `\n${error.message}\n` : error);
  if (error instanceof ConfigError) console.error("Run this through `npx sst dev`, which sets them.");
};

const workDir = path.join(tmpdir(), `leo-dev-${process.pid}`);
const guardian = new Guardian(workDir);
try {
  await run(parseConfig(Environment, process.env), guardian, workDir);
} catch (error) {
  fail(error);
} finally {
  await guardian.endAll();
  await rm(workDir, { recursive: true, force: true });
}
process.exit();
