import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { pino } from "pino";
import { Manifest, manifestKey } from "@leo/core/artifact.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { withBucket, type TestBucket } from "@leo/local/testing/bucket.ts";
import { startModelServer, type ModelServer } from "@leo/mock/model-server/start.ts";
import { freePort } from "@leo/local/free-port.ts";
import { readGatewayConfig } from "../../src/gateway/config.ts";
import { startGateway } from "../../src/gateway/server.ts";
import { startOrchestrator, type TestOrchestrator } from "./orchestrator.ts";
import { startAhead } from "../../src/agent/harness-ahead.ts";
import { readConfig } from "../../src/config.ts";
import { runGenerator } from "../../src/generator.ts";
import { readSandboxConfig } from "../../src/sandbox/host/config.ts";
import { startHost } from "../../src/sandbox/host/host.ts";
import { sandboxKey } from "@leo/core/task-containers.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import { HIDE_ENVIRONMENT, startProcess } from "./processes.ts";
import { newStart } from "./start.ts";

/** As it is built, and as an image has it. */
const program = (name: string) => join(import.meta.dirname, "../../dist", name);

/** Stands for the real credential: only the gateway may know it. */
export const CREDENTIAL = "oauth-secret-of-the-operator-7f3a";
export const ATTEMPT_TOKEN = "leo_at_secret-of-the-attempt-51c9";

export interface TestGenerator {
  /** Everything it logged. */
  output: () => string;
  /** Its exit code, or the name of the signal that ended it. */
  exited: Promise<number | string>;
  kill: (signal: "SIGTERM" | "SIGKILL") => void;
  /** Its process; undefined where it runs in the test's own. */
  pid: number | undefined;
  stop: () => Promise<void>;
}

/** The other container of the task. */
export interface TestSandbox {
  port: number;
  /** Its process; undefined where it runs in the test's own. */
  pid: number | undefined;
  /** Resolves when it has ended by itself. */
  ended: Promise<unknown>;
  kill: () => void;
  stop: () => Promise<void>;
}

export interface TestGeneration {
  start: StartGeneration;
  orchestrator: TestOrchestrator;
  generator: TestGenerator;
  sandbox: TestSandbox;
  model: ModelServer;
  bucket: TestBucket;
  /** `LEO_WORKSPACE_ROOT` of the run. */
  root: string;
  /** `performance.now()` when the generator's process was started. */
  startedMs: number;
  /** Waits for the last fact and the process's end. */
  finished: () => Promise<{ failure: string | undefined; exitCode: number | string }>;
  keys: () => Promise<string[]>;
  object: (key: string) => Promise<Buffer>;
  manifest: () => Promise<Manifest>;
}

export interface TestGenerationOptions {
  prompt?: string;
  mode?: StartGeneration["mode"];
  limits?: Partial<StartGeneration["limits"]>;
  previous?: StartGeneration["previous"];
  env?: Record<string, string>;
  /** Of the driver alone; `env` is of both. */
  driverEnv?: Record<string, string>;
  /** Driver and sandbox are processes, as in production; otherwise they run in the test's own. Default true. */
  generatorProcess?: boolean;
  /** Size of a file system of the run's own, in bytes; by default it has the machine's. */
  diskBytes?: number;
  /** The work is not given until the test sends `start`. */
  holdWork?: boolean;
  /** Shared with an earlier run. */
  bucket?: TestBucket;
  model?: Parameters<typeof startModelServer>[0];
}

const startOf = (
  bucket: string,
  { prompt, mode, limits, previous }: TestGenerationOptions,
): StartGeneration => {
  const start = newStart({ bucket, mode: mode ?? "autonomous", previous });
  return { ...start, prompt: prompt ?? "a todo list with dark mode", limits: { ...start.limits, ...limits } };
};

const withOwnBucket = (bucket: TestBucket | undefined, run: (bucket: TestBucket) => Promise<void>) =>
  bucket ? run(bucket) : withBucket(run);

/**
 * The command that gives what follows it a small file system under `root`, for as long as it lives and
 * seen by nobody else. Linux alone has this; a user needs no rights for it but those to a namespace.
 */
const onDiskOf = (root: string, sizeBytes: number) => {
  const mount = 'mount -t tmpfs -o "size=$1" leo-test "$2" && shift 2 && exec "$@"';
  return ["unshare", "--mount", "--map-root-user", "sh", "-c", mount, "sh", String(sizeBytes), root];
};

type Env = Record<string, string>;

/** What is started here is the same but for its process: no module is loaded once more for each run. */
const startGeneratorHere = async (env: Env): Promise<TestGenerator> => {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const terminate = new AbortController();
  // S3's endpoint and credentials; `own-environment.ts` takes them out again.
  for (const [name, value] of Object.entries(env)) if (name.startsWith("AWS_")) process.env[name] = value;
  const gateway = await startGateway(readGatewayConfig(env), logger);
  const config = readConfig(env);
  const sandbox = Sandbox.connect({ port: config.LEO_SANDBOX_PORT, key: sandboxKey(ATTEMPT_TOKEN) });
  sandbox.catch(() => undefined);
  const run = async () => {
    const exitCode = await runGenerator({ config, logger, terminate: terminate.signal, sandbox });
    await gateway.close();
    return exitCode;
  };
  const exited = run();
  return {
    output: () => lines.join(""),
    exited,
    kill: () => terminate.abort(),
    pid: undefined,
    stop: async () => {
      terminate.abort();
      await exited;
    },
  };
};

const startGeneratorProcess = async (env: Env): Promise<TestGenerator> => {
  const { child, output, exited, stop } = startProcess(program("main.js"), env, { within: HIDE_ENVIRONMENT });
  return { output, exited, kill: (signal) => void child.kill(signal), pid: child.pid, stop };
};

const startSandboxHere = async (env: Env, root: string): Promise<TestSandbox> => {
  const ahead = startAhead({ ...env, LEO_WORKSPACE_ROOT: root });
  const { port, ended, close } = await startHost({ config: readSandboxConfig(env), root, ahead });
  return { port, pid: undefined, ended, kill: () => void close(), stop: close };
};

const startSandboxProcess = async (env: Env, root: string, within: string[]): Promise<TestSandbox> => {
  const { child, exited, stop } = startProcess(
    program("sandbox.js"),
    { LEO_WORKSPACE_ROOT: root, ...env },
    { within },
  );
  const kill = () => void child.kill("SIGKILL");
  return { port: Number(env.LEO_SANDBOX_PORT), pid: child.pid, ended: exited, kill, stop };
};

/**
 * Runs one generation as production does: driver and sandbox, the scripted model behind the driver's gateway,
 * S3, and the orchestrator's end of the socket.
 */
export const withGeneration = (
  options: TestGenerationOptions,
  run: (generation: TestGeneration) => Promise<void>,
): Promise<void> =>
  withOwnBucket(options.bucket, async (bucket) => {
    const start = startOf(bucket.bucket, options);
    const root = await mkdtemp(join(tmpdir(), "leo-test-"));
    const path = { PATH: process.env.PATH ?? "" };
    const model = await startModelServer(options.model);
    const orchestrator = await startOrchestrator(options.holdWork ? undefined : start);
    const startedMs = performance.now();
    const { generatorProcess = true, diskBytes } = options;
    const shared = {
      ...path,
      GATEWAY_PORT: String(await freePort()),
      LEO_SANDBOX_PORT: String(generatorProcess ? await freePort() : 0),
      LEO_BUDGET_USD: String(start.limits.budgetUsd),
      LEO_MAX_TURNS: String(start.limits.maxTurns),
      LEO_TEMPLATE_DIR: templateDirectory,
      ...options.env,
    };
    const sandboxEnv = { ...shared, LEO_SANDBOX_KEY: sandboxKey(ATTEMPT_TOKEN) };
    const sandbox = await (generatorProcess
      ? startSandboxProcess(sandboxEnv, root, diskBytes ? onDiskOf(root, diskBytes) : [])
      : startSandboxHere(sandboxEnv, root));
    const env = {
      ...shared,
      ...bucket.generatorEnv,
      LEO_SANDBOX_PORT: String(sandbox.port),
      LEO_GENERATOR_URL: orchestrator.url,
      LEO_ATTEMPT_TOKEN: ATTEMPT_TOKEN,
      LEO_GENERATION_ID: start.generationId,
      LEO_ATTEMPT: "1",
      LEO_DEADLINE_AT: start.limits.deadlineAt,
      LEO_UPSTREAM_URL: model.url,
      CLAUDE_CODE_OAUTH_TOKEN: CREDENTIAL,
      ...options.env,
      ...options.driverEnv,
    };
    const generator = await (generatorProcess ? startGeneratorProcess : startGeneratorHere)(env);
    const s3 = new S3Client(bucket.clientConfig);
    const object = async (key: string) => {
      const answer = await s3.send(new GetObjectCommand({ Bucket: bucket.bucket, Key: key }));
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    };
    try {
      await run({
        start,
        orchestrator,
        generator,
        sandbox,
        model,
        bucket,
        root,
        startedMs,
        object,
        finished: async () => {
          const ended = generator.exited.then((code) => {
            throw new Error(`the generator ended with ${code} and no last word:\n${generator.output()}`);
          });
          const last = await Promise.race([orchestrator.fact("all_work_complete"), ended]);
          return { failure: last.failure?.code, exitCode: await generator.exited };
        },
        keys: async () => {
          const list = await s3.send(
            new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: start.artifact.prefix }),
          );
          return (list.Contents ?? []).map(({ Key = "" }) => Key.slice(start.artifact.prefix.length));
        },
        manifest: async () =>
          Manifest.parse(JSON.parse((await object(manifestKey(start.artifact.prefix))).toString("utf8"))),
      });
    } finally {
      await Promise.all([generator.stop(), sandbox.stop(), orchestrator.close(), model.close()]);
      s3.destroy();
      await rm(root, { recursive: true, force: true });
    }
  });

export const templateDirectory = join(dirname(import.meta.dirname), "../template");
