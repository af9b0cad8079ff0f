import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { pino } from "pino";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { attemptPrefix, manifestKey, type Manifest } from "@leo/core/artifact.ts";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { ToGenerator, type FromGenerator } from "@leo/core/protocol/generator.ts";
import { ToBrowser, type FromBrowser } from "@leo/core/protocol/ui.ts";
import type { ContainerFunction } from "@leo/local/ecs/function-containers.ts";
import { freePort } from "@leo/local/free-port.ts";
import { withBucket, type TestBucket } from "@leo/local/testing/bucket.ts";
import { withEcs, type TestEcs, type TestEcsOptions } from "@leo/local/testing/ecs.ts";
import { readConfig, type Config } from "../../src/config.ts";
import type { Database } from "../../src/db/database.ts";
import { startOrchestrator, type Orchestrator } from "../../src/server.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createCaller, WAIT, type Caller } from "./caller.ts";
import { BASE_ENV, HIGH_LIMITS } from "./context.ts";
import { openTestDatabase } from "./database.ts";
import { withKeys, type TestKeys } from "./keys.ts";
import { withMigratedDatabase } from "./migrated.ts";

/** A task's agent container, held open until the test lets it exit. */
export interface HeldTask {
  generationId: string;
  attempt: number;
  token: string;
  url: string;
  environment: Record<string, string>;
  exit(code: number): void;
}

export interface TestOrchestrator extends TestKeys, Caller {
  orchestrator: Orchestrator;
  database: Database;
  /** Names the superuser. */
  databaseUrl: string;
  ecs: TestEcs;
  bucket: TestBucket;
  /** Another user of the same orchestrator. */
  anotherUser(): Promise<Caller>;
  /** Starts another orchestrator on the same database, bucket and cluster. */
  startAnother(settings?: Settings): Promise<Orchestrator>;
  /** Every task so far whose agent container was held open. */
  heldTasks: readonly HeldTask[];
  /** The task of a generation's attempt, once it runs. */
  task(generationId: string, attempt?: number): Promise<HeldTask>;
  putManifest(generation: Generation, attempt: number, changes?: Partial<Manifest>): Promise<void>;
}

type Settings = Partial<Record<keyof Config, string>>;

export interface OrchestratorOptions {
  settings?: Settings;
  ecs?: TestEcsOptions;
  /** How far the orchestrators' clock is ahead; a test may change it. */
  clock?: { aheadMs: number };
  /** Gets every line that goes to stdout: the log from `debug` on, and metrics. */
  writeOut?: (line: string) => void;
  /** What the agent's container does instead of being held. */
  agent?: ContainerFunction;
}

/** Runs with an orchestrator on real services; generators are functions that the test controls. */
export const withOrchestrator = (
  options: OrchestratorOptions,
  run: (leo: TestOrchestrator) => Promise<void>,
): Promise<void> =>
  withMigratedDatabase((databaseUrl) =>
    withBucket((bucket) =>
      withKeys(async (keys) => {
        const held: HeldTask[] = [];
        const hold: ContainerFunction = (spec, signal) =>
          new Promise((resolve) => {
            const {
              LEO_GENERATION_ID = "",
              LEO_ATTEMPT,
              LEO_ATTEMPT_TOKEN = "",
              LEO_GENERATOR_URL = "",
            } = spec.environment;
            held.push({
              generationId: LEO_GENERATION_ID,
              attempt: Number(LEO_ATTEMPT),
              token: LEO_ATTEMPT_TOKEN,
              url: LEO_GENERATOR_URL,
              environment: spec.environment,
              exit: resolve,
            });
            signal.addEventListener("abort", () => resolve(143));
          });
        const sandbox: ContainerFunction = (_spec, signal) =>
          new Promise((resolve) => signal.addEventListener("abort", () => resolve(0)));
        const functions = { leo: options.agent ?? hold, sandbox };
        await withEcs({ functions, queueUrl: bucket.queueUrl, ...options.ecs }, async (ecs) => {
          ecs.register({
            family: "leo",
            cpu: 4096,
            memoryMib: 8192,
            containers: [
              { name: "sandbox", command: ["sandbox"] },
              { name: "leo", command: ["leo"] },
            ],
          });
          const started: Orchestrator[] = [];
          const start = async (settings: Settings = {}) => {
            const [port, generatorPort] = [await freePort(), await freePort()];
            // Where AWS is, and as whom: its clients read it from the environment.
            Object.assign(process.env, bucket.env, ecs.env);
            const config = readConfig({
              ...BASE_ENV,
              PORT: String(port),
              LEO_GENERATOR_PORT: String(generatorPort),
              DATABASE_URL: databaseUrl,
              SUPABASE_URL: keys.supabaseUrl,
              LEO_BUCKET: bucket.bucket,
              LEO_S3_FORCE_PATH_STYLE: "true",
              LEO_TASK_EVENTS_QUEUE_URL: bucket.queueUrl,
              LEO_TASK_EVENTS_POLL_MS: "1000",
              LEO_GENERATOR_URL: `ws://127.0.0.1:${generatorPort}/ws/generator`,
              LEO_VCPU_BUDGET: "400",
              LEO_RUNNING_PER_USER: "50",
              LEO_QUEUED_PER_USER: "50",
              ...HIGH_LIMITS,
              ...options.settings,
              ...settings,
            });
            const level = process.env["LEO_TEST_LOG"] ?? "silent";
            const orchestrator = await startOrchestrator(config, {
              log: options.writeOut ? createLog("debug", options.writeOut) : pino({ level }),
              writeOut: options.writeOut,
              now: () => new Date(Date.now() + (options.clock?.aheadMs ?? 0)),
            });
            started.push(orchestrator);
            return orchestrator;
          };
          const database = openTestDatabase(databaseUrl, 4);
          const s3 = new S3Client(bucket.clientConfig);
          const orchestrator = await start();
          const anotherUser = async () => {
            const userId = newId();
            // Valid for long: tests move the clock.
            const token = await keys.sign(userId, { exp: Math.floor(Date.now() / 1000) + 30 * 86_400 });
            return createCaller(orchestrator.url, userId, token);
          };
          try {
            await run({
              ...keys,
              orchestrator,
              database,
              databaseUrl,
              ecs,
              bucket,
              ...(await anotherUser()),
              anotherUser,
              heldTasks: held,
              startAnother: start,
              task: async (generationId, attempt = 1) => {
                const find = () =>
                  held.find((task) => task.generationId === generationId && task.attempt === attempt);
                await expect.poll(find, WAIT).toBeDefined();
                return find() as HeldTask;
              },
              putManifest: async ({ appId, id }, attempt, changes = {}) => {
                const manifest: Manifest = {
                  version: 1,
                  appId,
                  generationId: id,
                  attempt,
                  source: [],
                  dist: [],
                  checks: [],
                  ...changes,
                };
                const Key = manifestKey(attemptPrefix(appId, id, attempt));
                await s3.send(
                  new PutObjectCommand({ Bucket: bucket.bucket, Key, Body: JSON.stringify(manifest) }),
                );
              },
            });
          } finally {
            await Promise.all(started.map((each) => each.stop()));
            s3.destroy();
            await database.close();
          }
        });
      }),
    ),
  );

export interface TestSocket<In, Out> {
  socket: WebSocket;
  received: In[];
  send(message: Out): void;
  /** The first received message of a type, once it is there. */
  first<T extends (In extends { type: infer U } ? U : never)>(type: T): Promise<Extract<In, { type: T }>>;
  closed: Promise<{ code: number; reason: string }>;
}

const open = async <In extends { type: string }, Out>(
  url: string,
  headers: Record<string, string>,
  parse: (value: unknown) => In,
): Promise<TestSocket<In, Out>> => {
  const socket = new WebSocket(url, { headers });
  const received: In[] = [];
  socket.on("message", (data) => received.push(parse(JSON.parse((data as Buffer).toString()))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => undefined);
  return {
    socket,
    received,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    first: async (type) => {
      await expect.poll(() => received.find((message) => message.type === type), WAIT).toBeDefined();
      return received.find((message) => message.type === type) as never;
    },
  };
};

export const openGeneratorSocket = (url: string, token: string) =>
  open<ToGenerator, FromGenerator>(url, { authorization: `Bearer ${token}` }, (value) =>
    ToGenerator.parse(value),
  );

export const openUiSocket = (orchestratorUrl: string, headers: Record<string, string> = {}) =>
  open<ToBrowser, FromBrowser>(`${orchestratorUrl.replace("http", "ws")}/ws/ui`, headers, (value) =>
    ToBrowser.parse(value),
  );
