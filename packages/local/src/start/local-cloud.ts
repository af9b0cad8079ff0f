/** All of Leo on one machine: the local cloud, the model, the orchestrator. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { startAuth, type LocalAuth } from "../auth.ts";
import { startAws, type LocalAws } from "../aws.ts";
import { startEcs } from "../ecs.ts";
import { containerMark, processContainers } from "../ecs/process-containers.ts";
import { freePort } from "../free-port.ts";
import { startPostgres, type Postgres } from "../postgres.ts";
import type { Guardian } from "../processes/guardian.ts";
import { killTree } from "../processes/kill-tree.ts";
import { LOCAL_PASSWORD_FILE, localSecret, rememberedPort, rememberPort } from "./data-dir.ts";
import { generatorDefinition } from "./generator-definition.ts";
import {
  BUCKET,
  CLUSTER,
  ORCHESTRATOR_DEFAULTS,
  orchestratorEnv,
  passedOn,
  processEnv,
  QUEUE,
} from "./orchestrator-env.ts";
import { CACHE_DIR, ROOT, type StartSettings } from "./settings.ts";
import { supervise, type Supervised } from "./supervised.ts";

export interface LocalCloud {
  /** For scripts and the curious; contains the local database's password. */
  endpoints: Record<string, string>;
  pids: Record<string, number>;
  /** Of both local users. */
  localPassword: string;
  /** Settles when PostgreSQL has ended. */
  databaseEnded: Promise<void>;
  /** Ends everything in order, within about 3 s. */
  stop: () => Promise<void>;
}

export interface LocalCloudOptions {
  settings: StartSettings;
  guardian: Guardian;
  /** Aborts when the run ends, also when it never came to be ready. */
  runEnds: AbortSignal;
  say: (sentence: string) => void;
}

const DATABASE = "postgres";
const STOP_GRACE_MS = 1_800;

const startDatabase = async ({ settings, guardian }: LocalCloudOptions): Promise<Postgres> => {
  const { dataDir, logDir } = settings;
  return startPostgres({
    dataDir: path.join(dataDir, "postgres"),
    password: await localSecret(dataDir, "postgres.password"),
    logFile: path.join(logDir, "postgres.log"),
    // SIGQUIT: its own way to end at once and still clean up after itself.
    onSpawn: (pid) => guardian.register(pid, "SIGQUIT"),
  });
};

const startAuthOnItsPort = async ({ settings }: LocalCloudOptions): Promise<LocalAuth> => {
  const { dataDir, port, publicUrl } = settings;
  const origins = [publicUrl, `http://localhost:${port}`, `http://127.0.0.1:${port}`];
  const localPassword = await localSecret(dataDir, LOCAL_PASSWORD_FILE, settings.localPassword);
  const options = { dataDir, origins, localPassword };
  const remembered = await rememberedPort(dataDir, "auth");
  const auth = await startAuth({ ...options, port: remembered }).catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return startAuth(options);
  });
  if (auth.port !== remembered) await rememberPort(dataDir, "auth", auth.port);
  return auth;
};

const startModel = async ({
  settings,
  guardian,
  runEnds,
  say,
}: LocalCloudOptions): Promise<ModelServer | undefined> => {
  if (settings.credential) return undefined;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await supervise({
    name: "scripted model",
    args: [path.join(ROOT, "packages/mock/src/model-server/main.ts")],
    env: { ...processEnv(CACHE_DIR), ...passedOn(process.env), PORT: String(port) },
    logFile: path.join(settings.logDir, "leo-mock.log"),
    healthUrl: `${url}/health`,
    onStart: (pid) => guardian.register(pid),
    onExit: (pid) => guardian.unregister(pid),
    runEnds,
    say,
  });
  return { url, server };
};

interface ModelServer {
  url: string;
  server: Supervised;
}

const startEcsEndpoint = async (
  { settings, guardian }: LocalCloudOptions,
  aws: LocalAws,
  model?: ModelServer,
) => {
  const queueUrl = aws.createQueue(QUEUE);
  const ecs = await startEcs({
    cluster: CLUSTER,
    queueUrl,
    limitCalls: true,
    runContainer: processContainers({
      logDir: settings.logDir,
      workDir: settings.workDir,
      onStart: (pid) => guardian.register(pid),
      onExit: (pid) => guardian.unregister(pid),
    }),
  });
  const { PATH: _path, HOME: _home, ...environment } = processEnv(CACHE_DIR);
  ecs.register(
    generatorDefinition(settings, aws, {
      modelUrl: model?.url,
      environment,
      userEnvironment: passedOn({ LEO_CHROMIUM: process.env.LEO_CHROMIUM, LEO_MODEL: process.env.LEO_MODEL }),
    }),
  );
  return { ecs, queueUrl };
};

/** Starts everything. When a part fails, the caller ends the rest through the guardian. @throws StartError */
export const startLocalCloud = async (options: LocalCloudOptions): Promise<LocalCloud> => {
  const { settings, guardian, runEnds, say } = options;
  // What an earlier run left although it was killed together with its guardian.
  await killTree({ roots: [], marks: [containerMark(settings.workDir)] });
  await rm(settings.workDir, { recursive: true, force: true });
  await mkdir(settings.workDir, { recursive: true });
  const [postgres, aws, auth, model] = await Promise.all([
    startDatabase(options),
    startAws({ dataDir: path.join(settings.dataDir, "aws") }),
    startAuthOnItsPort(options),
    startModel(options),
  ]);
  aws.createBucket(BUCKET);
  const { ecs, queueUrl } = await startEcsEndpoint(options, aws, model);
  const databaseUrl = postgres.url(DATABASE);
  const generatorPort = await freePort();
  const orchestrator = await supervise({
    name: "orchestrator",
    args: [path.join(ROOT, "packages/orchestrator/src/main.ts")],
    env: {
      ...processEnv(CACHE_DIR),
      ...ORCHESTRATOR_DEFAULTS,
      ...passedOn(process.env),
      ...orchestratorEnv(settings, { aws, ecs, auth, queueUrl, databaseUrl, generatorPort }),
    },
    logFile: path.join(settings.logDir, "orchestrator.log"),
    healthUrl: `http://127.0.0.1:${settings.port}/health`,
    onStart: (pid) => guardian.register(pid),
    onExit: (pid) => guardian.unregister(pid),
    runEnds,
    say,
  });
  return {
    endpoints: {
      supabase: auth.url,
      supabaseAnonKey: auth.anonKey,
      ecs: ecs.url,
      aws: aws.url,
      database: databaseUrl,
      ...(model && { model: model.url }),
    },
    pids: {
      postgres: postgres.pid,
      orchestrator: orchestrator.pid(),
      ...(model && { model: model.server.pid() }),
    },
    localPassword: auth.localPassword,
    databaseEnded: postgres.ended,
    stop: async () => {
      await Promise.all([
        orchestrator.stop(STOP_GRACE_MS),
        ecs.stop(STOP_GRACE_MS),
        model?.server.stop(STOP_GRACE_MS),
      ]);
      await Promise.all([postgres.stop(), auth.stop(), aws.stop()]);
    },
  };
};
