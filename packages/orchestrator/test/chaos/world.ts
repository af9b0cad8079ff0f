import { PRESETS } from "@leo/mock/scripted-generator/script.ts";
import { runScriptedGenerator } from "@leo/mock/scripted-generator/run.ts";
import { S3Client } from "@aws-sdk/client-s3";
import { withBucket, type TestBucket } from "@leo/local/testing/bucket.ts";
import { withDatabase } from "@leo/local/testing/database.ts";
import { withEcs, type TestEcs } from "@leo/local/testing/ecs.ts";
import type { ContainerFunction } from "@leo/local/ecs/function-containers.ts";
import { newId } from "@leo/core/id.ts";
import type { Generation } from "@leo/core/generation.ts";
import { openDatabase, type Database } from "../../src/db/database.ts";
import { BASE_ENV, HIGH_LIMITS } from "../support/context.ts";
import { withKeys } from "../support/keys.ts";
import { audit } from "./audit.ts";
import { startBalancer, type Balancer } from "./balancer.ts";
import { openBrowser, type Browser } from "./browser.ts";
import { startProcess, type OrchestratorProcess } from "./orchestrator-process.ts";

export interface World {
  database: Database;
  databaseUrl: string;
  ecs: TestEcs;
  bucket: TestBucket;
  balancer: Balancer;
  /** Starts an orchestrator process behind the balancer; a given port replaces one that died. */
  start(port?: number): Promise<OrchestratorProcess>;
  /** Submits a request whose generator plays a script, followed by one browser from its first event. */
  submit(script: string, options?: { cutEvery?: number }): Promise<string>;
  cancel(generationId: string): Promise<void>;
  /** Waits until everything submitted has ended and checks that nothing was lost or leaked. */
  audit(timeoutMs?: number): Promise<void>;
  finalStates(): Promise<Record<string, number>>;
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

/** The agent's container: a scripted generator that plays what its prompt asks for. */
const scripted =
  (bucket: TestBucket): ContainerFunction =>
  async ({ environment }, signal) => {
    const s3 = new S3Client({
      ...bucket.clientConfig,
      credentials: {
        ...bucket.clientConfig.credentials,
        accessKeyId: bucket.generatorEnv["AWS_ACCESS_KEY_ID"] ?? "",
      },
    });
    const generator = runScriptedGenerator({
      url: environment["LEO_GENERATOR_URL"] ?? "",
      token: environment["LEO_ATTEMPT_TOKEN"] ?? "",
      script: { ...PRESETS.happy, backoffMaxMs: 500 },
      obeyPrompt: true,
      s3,
    });
    void untilAborted(signal).then(() => generator.stop());
    try {
      return (await generator.outcome).exitCode;
    } finally {
      s3.destroy();
    }
  };

let nextPort = 20_000 + (process.pid % 20_000);

/** Runs with real services, scripted generators as tasks, and orchestrators as processes to be killed. */
export const withWorld = (
  settings: Record<string, string>,
  run: (world: World) => Promise<void>,
): Promise<void> =>
  withDatabase((databaseUrl) =>
    withBucket((bucket) =>
      withKeys(async (keys) => {
        const functions = {
          leo: scripted(bucket),
          gateway: async (_spec: unknown, signal: AbortSignal) => {
            await untilAborted(signal);
            return 0;
          },
        };
        await withEcs({ functions, queueUrl: bucket.queueUrl }, async (ecs) => {
          const containers = [
            { name: "gateway", command: ["gateway"] },
            { name: "leo", command: ["leo"] },
          ];
          ecs.register({ family: "leo", cpu: 4096, memoryMib: 8192, containers });
          const balancer = await startBalancer();
          const database = openDatabase(databaseUrl, 4, () => undefined);
          const processes: OrchestratorProcess[] = [];
          const generationIds: string[] = [];
          const browsers = new Map<string, Browser[]>();
          const socketUrl = `ws://127.0.0.1:${balancer.port}`;
          const env = {
            ...BASE_ENV,
            ...bucket.env,
            ...ecs.env,
            LEO_LOG_LEVEL: "warn",
            DATABASE_URL: databaseUrl,
            SUPABASE_URL: keys.supabaseUrl,
            LEO_BUCKET: bucket.bucket,
            LEO_TASK_EVENTS_QUEUE_URL: bucket.queueUrl,
            LEO_GENERATOR_URL: `${socketUrl}/ws/generator`,
            LEO_VCPU_BUDGET: "80",
            LEO_RUNNING_PER_USER: "10",
            ...HIGH_LIMITS,
            ...settings,
          };
          const call = async (path: string, token: string, body: unknown, key: string): Promise<Response> => {
            const deadline = Date.now() + 60_000;
            for (;;) {
              const response = await fetch(`http://127.0.0.1:${balancer.port}${path}`, {
                method: "POST",
                headers: {
                  authorization: `Bearer ${token}`,
                  "content-type": "application/json",
                  "idempotency-key": key,
                },
                body: JSON.stringify(body),
              }).catch(() => undefined);
              if (response && response.status < 500) return response;
              if (Date.now() > deadline) throw new Error(`${path}: ${response?.status ?? "no answer"}`);
              await new Promise((resolve) => setTimeout(resolve, 100));
            }
          };
          const owners = new Map<string, string>();
          try {
            await run({
              database,
              databaseUrl,
              ecs,
              bucket,
              balancer,
              start: async (port = (nextPort += 1)) => {
                const started = await startProcess(port, env);
                processes.push(started);
                if (!balancer.backends.includes(port)) balancer.backends.push(port);
                return started;
              },
              submit: async (script, { cutEvery } = {}) => {
                const token = await keys.sign(newId());
                const response = await call(
                  "/api/apps",
                  token,
                  { prompt: `chaos\nscript: ${script}` },
                  newId(),
                );
                if (response.status !== 201)
                  throw new Error(`submit: ${response.status} ${await response.text()}`);
                const { generation } = (await response.json()) as { generation: Generation };
                generationIds.push(generation.id);
                owners.set(generation.id, token);
                browsers.set(generation.id, [
                  openBrowser(`${socketUrl}/ws/ui`, token, generation.id, cutEvery),
                ]);
                return generation.id;
              },
              cancel: async (generationId) => {
                await call(
                  `/api/generations/${generationId}/cancel`,
                  owners.get(generationId) ?? "",
                  {},
                  newId(),
                );
              },
              audit: (timeoutMs = 150_000) => audit({ database, ecs, generationIds, browsers, timeoutMs }),
              finalStates: async () => {
                const { rows } = await database.pool.query<{ state: string; count: number }>(
                  "select state, count(*)::int as count from leo.generations group by state",
                );
                return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
              },
            });
          } finally {
            for (const browser of [...browsers.values()].flat()) browser.close();
            await Promise.all(
              processes.filter((each) => each.isRunning()).map((each) => each.kill("SIGKILL")),
            );
            await balancer.close();
            await database.close();
          }
        });
      }),
    ),
  );
