/** All of Leo on one machine: the local cloud, the model, the orchestrator. */
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { startAuth, type LocalAuth } from "../auth.ts";
import { startAws, type LocalAws } from "../aws.ts";
import { startEcs } from "../ecs.ts";
import { processContainers } from "../ecs/process-containers.ts";
import { freePort } from "../free-port.ts";
import type { Guardian } from "../processes/guardian.ts";
import { containerMark } from "../processes/container-mark.ts";
import { killTree } from "../processes/kill-tree.ts";
import { LOCAL_PASSWORD_FILE, localSecret, rememberedPort, rememberPort } from "./data-dir.ts";
import { generatorDefinition } from "./generator-definition.ts";
import { keepPostgres, type KeptPostgres } from "./kept-postgres.ts";
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
  /** The long-running children that run now. */
  pids: () => Record<string, number>;
  /** Of both local users. */
  localPassword: string;
  /** Ends everything in order, within about 3 s. */
  stop: () => Promise<void>;
}

export interface LocalCloudOptions {
  settings: StartSettings;
  guardian: Guardian;
  /** Aborts when the run ends, also when it never came to be ready. */
  runEnds: AbortSignal;
  say: (sentence: string) => void;
  /** Told when a long-running child has begun or ended. */
  childrenChanged: () => void;
  /** Told of errors that end nothing. @returns whether it is one of the disk, of which the person was told */
  diskFailed: (error: unknown) => boolean;
}

const DATABASE = "postgres";
const STOP_GRACE_MS = 1_800;

interface Parts extends LocalCloudOptions {
  /** The long-running children that run now, by name. */
  children: Map<string, number>;
}

/** Keeps the guardian and the list of children up to date. */
const watched = ({ guardian, children, childrenChanged }: Parts, name: string, first?: NodeJS.Signals) => ({
  onStart: (pid: number) => {
    guardian.register(pid, first);
    children.set(name, pid);
    childrenChanged();
  },
  onExit: (pid: number) => {
    guardian.unregister(pid);
    if (children.get(name) === pid) children.delete(name);
    childrenChanged();
  },
});

const startDatabase = async (options: Parts): Promise<KeptPostgres> => {
  const { dataDir, logDir } = options.settings;
  // SIGQUIT: its own way to end at once and still clean up after itself.
  const { onStart: onSpawn, onExit } = watched(options, "postgres", "SIGQUIT");
  return keepPostgres({
    dataDir: path.join(dataDir, "postgres"),
    password: await localSecret(dataDir, "postgres.password"),
    logFile: path.join(logDir, "postgres.log"),
    onSpawn,
    onExit,
    runEnds: options.runEnds,
    say: options.say,
  });
};

const startAuthOnItsPort = async ({ settings, diskFailed }: LocalCloudOptions): Promise<LocalAuth> => {
  const { dataDir, port, publicUrl } = settings;
  const origins = [publicUrl, `http://localhost:${port}`, `http://127.0.0.1:${port}`];
  const localPassword = await localSecret(dataDir, LOCAL_PASSWORD_FILE, settings.localPassword);
  const onError = (error: unknown) => {
    if (!diskFailed(error)) console.error(error);
  };
  const options = { dataDir, origins, localPassword, onError };
  const remembered = await rememberedPort(dataDir, "auth");
  const auth = await startAuth({ ...options, port: remembered }).catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return startAuth(options);
  });
  if (auth.port !== remembered) await rememberPort(dataDir, "auth", auth.port);
  return auth;
};

const startModel = async (options: Parts): Promise<ModelServer | undefined> => {
  const { settings, runEnds, say } = options;
  if (settings.credential) return undefined;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await supervise({
    name: "scripted model",
    args: [path.join(ROOT, "tools/mock/src/model-server/main.ts")],
    env: { ...processEnv(CACHE_DIR), ...passedOn(process.env), PORT: String(port) },
    logFile: path.join(settings.logDir, "leo-mock.log"),
    healthUrl: `${url}/health`,
    ...watched(options, "model"),
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
      modelUrl: model?.url ?? settings.modelBaseUrl,
      environment,
      userEnvironment: passedOn({ LEO_CHROMIUM: process.env.LEO_CHROMIUM, LEO_MODEL: process.env.LEO_MODEL }),
    }),
  );
  return { ecs, queueUrl };
};

/** Starts everything. When a part fails, the caller ends the rest through the guardian. @throws StartError */
export const startLocalCloud = async (given: LocalCloudOptions): Promise<LocalCloud> => {
  const options: Parts = { ...given, children: new Map() };
  const { settings, runEnds, say } = options;
  // What an earlier run left although it was killed together with its guardian.
  await killTree({ roots: [], marks: [containerMark(settings.workDir)] });
  await rm(settings.workDir, { recursive: true, force: true });
  await mkdir(settings.workDir, { recursive: true });
  const [postgres, aws, auth, model] = await Promise.all([
    startDatabase(options),
    startAws({ dataDir: path.join(settings.dataDir, "aws"), onError: options.diskFailed }),
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
    ...watched(options, "orchestrator"),
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
    pids: () => Object.fromEntries(options.children),
    localPassword: auth.localPassword,
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
