/**
 * The orchestrator on this machine, with the stage's real bucket, database and secrets, following edits.
 * Its generators are processes here too, started through the local ECS endpoint; a local queue reports
 * how they end. Settings and credentials come from SST's environment.
 */
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConfigError } from "@leo/core/config.ts";
import { findChromium } from "../../setup/chromium.mjs";
import { startAws } from "../aws.ts";
import { startEcs } from "../ecs.ts";
import { processContainers } from "../ecs/process-containers.ts";
import { Guardian } from "../processes/guardian.ts";
import { StartError } from "../start-error.ts";
import { generatorDefinition } from "../start/generator-definition.ts";
import { CLUSTER, QUEUE } from "../start/orchestrator-env.ts";
import { refuseTakenPort } from "../start/public-port.ts";
import { ROOT } from "../start/settings.ts";
import { supervise } from "../start/supervised.ts";
import { awsEnvironment, expired, readAccount, roleCredentials } from "./credentials.ts";
import { checkDatabase } from "./database.ts";
import { readDevSettings, type DevSettings } from "./environment.ts";
import { factsOf, welcome } from "./facts.ts";
import { followEdits } from "./follow-edits.ts";
import { startLiveOrchestrator } from "./live-orchestrator.ts";
import { devGeneratorEnv, devOrchestratorEnv, devWebEnv } from "./processes.ts";
import { startRelay } from "./relay.ts";
import { setUp } from "./set-up.ts";

const STOP_GRACE_MS = 1_800;
/** After this the guardian ends what is left. SST waits 5 s before it kills. */
const STOP_MS = 3_300;

const say = (sentence: string): void => console.log(sentence);

interface Dev {
  settings: DevSettings;
  /** Region, keys and endpoints of AWS. */
  aws: Record<string, string>;
  logDir: string;
  workDir: string;
  processes: { onStart: (pid: number) => void; onExit: (pid: number) => void };
  /** Aborts when the run ends. */
  runEnds: AbortSignal;
}

/** Whatever could be wrong is known before anything is installed, built or started. */
const look = async ({ settings, logDir }: Dev): Promise<void> => {
  await refuseTakenPort(settings.port, (port) => `LEO_DEV_PORT=${port} npx sst dev`);
  const account = await readAccount(roleCredentials(process.env), settings);
  await checkDatabase(settings.databaseUrl, settings.stage);
  say(factsOf(settings, { account, logDir, modelUrl: process.env.LEO_UPSTREAM_URL }));
  if (!findChromium()) say("No Chromium was found: what a run builds is not tried in a browser.");
};

/** Starts everything. @returns ends it in order */
const start = async (dev: Dev): Promise<() => Promise<void>> => {
  const { settings, aws, logDir, workDir, processes, runEnds } = dev;
  await setUp(processes, say);
  await Promise.all([mkdir(logDir, { recursive: true }), mkdir(workDir, { recursive: true })]);
  const [queues, relay, generatorRelay] = await Promise.all([startAws(), startRelay(), startRelay()]);
  const queueUrl = queues.createQueue(QUEUE);
  const ecs = await startEcs({
    cluster: CLUSTER,
    queueUrl,
    runContainer: processContainers({ logDir, workDir, ...processes }),
  });
  ecs.register(
    generatorDefinition(
      settings,
      { generatorEnv: aws },
      { modelUrl: process.env.LEO_UPSTREAM_URL, environment: {}, userEnvironment: devGeneratorEnv() },
    ),
  );
  const endpoints = { ...ecs.env, AWS_ENDPOINT_URL_SQS: queues.url };
  const web = path.join(ROOT, "packages/web");
  const [orchestrator, webServer] = await Promise.all([
    startLiveOrchestrator({
      runEnds,
      point: ({ port, generatorPort }) => {
        relay.point(port);
        generatorRelay.point(generatorPort);
      },
      command: ({ port, generatorPort }) => ({
        name: "orchestrator",
        args: [path.join(ROOT, "packages/orchestrator/src/main.ts")],
        env: devOrchestratorEnv(settings, aws, {
          port,
          generatorPort,
          generatorRelayPort: generatorRelay.port,
          queueUrl,
          endpoints,
        }),
        logFile: path.join(logDir, "orchestrator.log"),
        healthUrl: `http://127.0.0.1:${port}/health`,
        ...processes,
        say,
      }),
    }),
    supervise({
      name: "web UI's development server",
      args: [
        path.join(ROOT, "node_modules/vite/bin/vite.js"),
        `--config=${path.join(web, "vite.config.ts")}`,
        "--clearScreen=false",
        "--host=127.0.0.1",
        `--port=${settings.port}`,
        "--strictPort",
      ],
      env: devWebEnv(relay.port),
      logFile: path.join(logDir, "web.log"),
      healthUrl: `http://127.0.0.1:${settings.port}/src/main.tsx`,
      ...processes,
      runEnds,
      say,
    }),
  ]);
  const stopFollowing = await followEdits(orchestrator, { logDir, say });
  return async () => {
    await Promise.all([
      stopFollowing(),
      orchestrator.stop(STOP_GRACE_MS),
      webServer.stop(STOP_GRACE_MS),
      ecs.stop(STOP_GRACE_MS),
    ]);
    await Promise.all([relay.stop(), generatorRelay.stop(), queues.stop()]);
  };
};

const main = async (settings: DevSettings, guardian: Guardian, workDir: string): Promise<number> => {
  const ending = new AbortController();
  const asked = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => asked.resolve(0));
  const aws = awsEnvironment(process.env);
  // This process asks AWS too, and starts others: neither may find the developer's profile.
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  Object.assign(process.env, aws);
  const dev: Dev = {
    settings,
    aws,
    logDir: path.join(ROOT, ".leo", `dev-${settings.stage}`, "logs"),
    workDir,
    processes: {
      onStart: (pid) => guardian.register(pid),
      onExit: (pid) => guardian.unregister(pid),
    },
    runEnds: ending.signal,
  };
  const oldKeys = expired(ending.signal);
  try {
    const starting = look(dev).then(() => start(dev));
    const stop = await Promise.race([starting, asked.promise]);
    if (typeof stop === "number") {
      // What fails now fails because it is being ended.
      starting.catch(() => undefined);
      return stop;
    }
    say(welcome(`http://localhost:${settings.port}`));
    const exitCode = await Promise.race([asked.promise, oldKeys.then(() => 1)]);
    if (exitCode === 1) {
      console.error(
        "\nThe role's credentials have expired: SST renews them in time, but not while the computer sleeps. " +
          "Start `npx sst dev` again.\n",
      );
    }
    ending.abort();
    await Promise.race([stop(), new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
    return exitCode;
  } finally {
    ending.abort();
  }
};

const fail = (error: unknown): number => {
  const isKnown = error instanceof StartError || error instanceof ConfigError;
  console.error(isKnown ? `\n${error.message}\n` : error);
  return 1;
};

/** Runs until asked to stop. Returns the exit code. */
export const run = async (): Promise<number> => {
  const workDir = path.join(tmpdir(), `leo-dev-${process.pid}`);
  let guardian: Guardian | undefined;
  try {
    const settings = readDevSettings(process.env);
    guardian = new Guardian(workDir);
    return await main(settings, guardian, workDir);
  } catch (error) {
    return fail(error);
  } finally {
    await guardian?.endAll();
    await rm(workDir, { recursive: true, force: true });
  }
};
