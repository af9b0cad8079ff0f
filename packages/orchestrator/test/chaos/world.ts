import { expect } from "vitest";
import { newId } from "@leo/core/id.ts";
import type { Generation } from "@leo/core/generation.ts";
import { freePort } from "@leo/local/free-port.ts";
import { withBucket, type TestBucket } from "@leo/local/testing/bucket.ts";
import { withDatabase } from "@leo/local/testing/database.ts";
import { withEcs, type TestEcs } from "@leo/local/testing/ecs.ts";
import type { ScriptInput } from "@leo/mock/scripted-generator/script.ts";
import type { Database } from "../../src/db/database.ts";
import { BASE_ENV, HIGH_LIMITS } from "../support/context.ts";
import { openTestDatabase } from "../support/database.ts";
import { withKeys } from "../support/keys.ts";
import { audit } from "./audit.ts";
import { startBalancer, type Balancer } from "./balancer.ts";
import { openBrowser, type Browser, type BrowserOptions } from "./browser.ts";
import { containerFunctions } from "./containers.ts";
import { spawnProcess, type OrchestratorProcess } from "./orchestrator-process.ts";
import { LONG } from "./scale.ts";

export interface World {
  database: Database;
  ecs: TestEcs;
  /** Before the orchestrators. */
  balancer: Balancer;
  /** The one that generators go through. */
  generatorBalancer: Balancer;
  /** Before Postgres, for the orchestrators. */
  postgres: Balancer;
  /** Before S3 for everybody, and before SQS for the orchestrators. */
  storage: Balancer;
  /** What the next containers play instead of what their prompt says. */
  scripts: ScriptInput[];
  /** An orchestrator process behind the balancer, perhaps not serving yet; a given port replaces one that died. */
  spawn(port?: number): Promise<OrchestratorProcess>;
  /** The same, serving. */
  start(port?: number): Promise<OrchestratorProcess>;
  /** Submits a request whose generator plays a script, followed by one browser from its first event. */
  submit(script: string, options?: BrowserOptions, token?: string): Promise<string>;
  /** The access token of a new user. */
  signIn(): Promise<string>;
  submitMany(count: number, script: string, options?: BrowserOptions): Promise<string[]>;
  /** One more browser from the first event on. @param isAudited whether it must get every event */
  browse(generationId: string, options?: BrowserOptions, isAudited?: boolean): Browser;
  browsersOf(generationIds: string[]): Browser[];
  cancel(generationId: string): Promise<void>;
  reaches(generationId: string, state: string): Promise<void>;
  /** Resolves once one of these runs; on a slow machine others have ended by then. */
  underWay(generationIds: string[]): Promise<void>;
  /** Waits until everything submitted has ended and checks that nothing was lost or leaked. */
  audit(timeoutMs?: number): Promise<void>;
  /** How many generations ended how: a final state, or a failure's code. */
  outcomes(): Promise<Record<string, number>>;
}

export interface WorldOptions {
  settings?: Record<string, string>;
  /** Instead of a database of the run's PostgreSQL, which may not be harmed. */
  postgresUrl?: string;
}

const REQUEST_TIMEOUT_MS = 180_000;
const AUDIT_TIMEOUT_MS = LONG ? 300_000 : 150_000;

const through = (url: string, { port }: Balancer): string => {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
};

/** Runs with real services, scripted generators as tasks, and orchestrators as processes to be killed. */
export const withWorld = (
  { settings = {}, postgresUrl }: WorldOptions,
  run: (world: World) => Promise<void>,
): Promise<void> => {
  const withUrl = (use: (url: string) => Promise<void>) =>
    postgresUrl ? use(postgresUrl) : withDatabase(use);
  return withUrl((databaseUrl) =>
    withBucket((bucket) => withKeys((keys) => runWorld({ databaseUrl, bucket, keys, settings }, run))),
  );
};

interface Parts {
  databaseUrl: string;
  bucket: TestBucket;
  keys: Parameters<Parameters<typeof withKeys>[0]>[0];
  settings: Record<string, string>;
}

const runWorld = async (
  { databaseUrl, bucket, keys, settings }: Parts,
  run: (world: World) => Promise<void>,
): Promise<void> => {
  const scripts: ScriptInput[] = [];
  const balancer = await startBalancer();
  const generatorBalancer = await startBalancer();
  const postgres = await startBalancer([Number(new URL(databaseUrl).port)]);
  const storage = await startBalancer([Number(new URL(bucket.endpoint).port)]);
  const endpoint = through(bucket.endpoint, storage).replace(/\/$/, "");
  const functions = containerFunctions(bucket, endpoint, scripts);
  const database = openTestDatabase(databaseUrl, 4);
  const processes: OrchestratorProcess[] = [];
  /** By the port that browsers use. */
  const generatorPorts = new Map<number, number>();
  const browsers = new Map<string, Browser[]>();
  const owners = new Map<string, string>();
  const socketUrl = `ws://127.0.0.1:${balancer.port}`;

  try {
    await withEcs({ functions, queueUrl: bucket.queueUrl }, async (ecs) => {
      const containers = [
        { name: "sandbox", command: ["sandbox"] },
        { name: "leo", command: ["leo"] },
      ];
      ecs.register({ family: "leo", cpu: 4096, memoryMib: 8192, containers });
      const env = {
        ...BASE_ENV,
        ...bucket.env,
        ...ecs.env,
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ENDPOINT_URL_SQS: endpoint,
        LEO_LOG_LEVEL: "warn",
        DATABASE_URL: through(databaseUrl, postgres),
        SUPABASE_URL: keys.supabaseUrl,
        LEO_BUCKET: bucket.bucket,
        LEO_TASK_EVENTS_QUEUE_URL: through(bucket.queueUrl, storage),
        LEO_GENERATOR_URL: `ws://127.0.0.1:${generatorBalancer.port}/ws/generator`,
        LEO_VCPU_BUDGET: "80",
        LEO_RUNNING_PER_USER: "10",
        ...HIGH_LIMITS,
        ...settings,
      };

      /** Asks until somebody answers, always with the same key, as a client that lost an answer does. */
      const post = async (path: string, token: string, body: unknown): Promise<Response> => {
        const deadline = performance.now() + REQUEST_TIMEOUT_MS;
        const headers = {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "idempotency-key": newId(),
        };
        for (;;) {
          const response = await fetch(`http://127.0.0.1:${balancer.port}${path}`, {
            method: "POST",
            headers,
            body: JSON.stringify(body),
          }).catch(() => undefined);
          if (response && response.status < 500) return response;
          if (performance.now() > deadline) throw new Error(`${path}: ${response?.status ?? "no answer"}`);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };

      const spawn = async (given?: number) => {
        const port = given ?? (await freePort());
        const generatorPort = generatorPorts.get(port) ?? (await freePort());
        const spawned = spawnProcess({ port, generatorPort }, env);
        processes.push(spawned);
        if (!generatorPorts.has(port)) {
          generatorPorts.set(port, generatorPort);
          balancer.backends.push(port);
          generatorBalancer.backends.push(generatorPort);
        }
        return spawned;
      };
      const browse = (generationId: string, options?: BrowserOptions, isAudited = true) => {
        const token = owners.get(generationId) ?? "";
        const browser = openBrowser(`${socketUrl}/ws/ui`, token, generationId, options);
        if (isAudited) browsers.set(generationId, [...(browsers.get(generationId) ?? []), browser]);
        return browser;
      };
      const signIn = () => keys.sign(newId());
      const submit = async (script: string, options?: BrowserOptions, given?: string) => {
        const token = given ?? (await signIn());
        const response = await post("/api/apps", token, { prompt: `chaos\nscript: ${script}` });
        if (response.status !== 201) throw new Error(`submit: ${response.status} ${await response.text()}`);
        const { generation } = (await response.json()) as { generation: Generation };
        owners.set(generation.id, token);
        browse(generation.id, options);
        return generation.id;
      };

      try {
        await run({
          database,
          ecs,
          balancer,
          generatorBalancer,
          postgres,
          storage,
          scripts,
          spawn,
          browse,
          browsersOf: (generationIds) => generationIds.flatMap((id) => browsers.get(id) ?? []),
          submit,
          signIn,
          start: async (port) => {
            const spawned = await spawn(port);
            await spawned.healthy();
            return spawned;
          },
          submitMany: (count, script, options) =>
            Promise.all(Array.from({ length: count }, () => submit(script, options))),
          cancel: async (generationId) => {
            await post(`/api/generations/${generationId}/cancel`, owners.get(generationId) ?? "", {});
          },
          reaches: (generationId, state) => untilState(database, generationId, state),
          underWay: (generationIds) => untilUnderWay(database, generationIds),
          audit: (timeoutMs = AUDIT_TIMEOUT_MS) =>
            audit({ database, ecs, generationIds: [...owners.keys()], browsers, timeoutMs }),
          outcomes: () => countOutcomes(database),
        });
      } finally {
        for (const browser of [...browsers.values()].flat()) browser.close();
        await Promise.all(processes.filter((each) => each.isRunning()).map((each) => each.kill("SIGKILL")));
      }
    });
  } finally {
    await database.close();
    await Promise.all([balancer.close(), generatorBalancer.close(), postgres.close(), storage.close()]);
  }
};

const untilState = (database: Database, generationId: string, state: string) => {
  const read = async () => {
    const { rows } = await database.pool.query<{ state: string }>(
      "select state from leo.generations where id = $1",
      [generationId],
    );
    return rows[0]?.state;
  };
  return expect.poll(read).toBe(state);
};

const untilUnderWay = async (database: Database, generationIds: string[]) => {
  const count = async () => {
    const { rows } = await database.pool.query<{ count: number }>(
      "select count(*)::int as count from leo.generations where state = 'running' and id = any($1)",
      [generationIds],
    );
    return rows[0]?.count;
  };
  await expect.poll(count).toBeGreaterThan(0);
};

const countOutcomes = async (database: Database): Promise<Record<string, number>> => {
  const { rows } = await database.pool.query<{ outcome: string; count: number }>(
    "select coalesce(failure ->> 'code', state) as outcome, count(*)::int as count from leo.generations group by 1 order by 1",
  );
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
};
