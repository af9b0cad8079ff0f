import path from "node:path";
import { newId } from "@leo/core/id.ts";
import { isFinal, type Generation } from "@leo/core/generation.ts";
import { startAuth } from "@leo/local/auth.ts";
import { startAws } from "@leo/local/aws.ts";
import { freePort } from "@leo/local/free-port.ts";
import { BUCKET, CLUSTER, orchestratorEnv, processEnv, QUEUE } from "@leo/local/start/orchestrator-env.ts";
import { CACHE_DIR } from "@leo/local/start/settings.ts";
import { withPool } from "@leo/local/testing/pool.ts";
import { until } from "@leo/local/testing/until.ts";
import type { Pool } from "pg";
import type { LeoGenerators } from "../load/leo-generators.ts";
import { startChild, type Child } from "../harness/child.ts";
import { startOrchestratorProcess, type OrchestratorProcess } from "./orchestrator.ts";
import type { Services } from "../harness/services.ts";

/** A submitted generation and the access token of its owner; each has an owner of its own. */
export interface Submitted {
  generationId: string;
  accessToken: string;
}

export interface Leo {
  url: string;
  /** Of browsers. */
  socketUrl: string;
  generatorSocketUrl: string;
  pool: Pool;
  generators: Child<LeoGenerators>;
  orchestrator(): OrchestratorProcess;
  /** Starts the orchestrator again after it was ended, on the same port. */
  restart(): Promise<OrchestratorProcess>;
  submit(count: number): Promise<Submitted[]>;
  /** Submits and waits until a generator has the work of each. */
  launch(count: number): Promise<Submitted[]>;
  lastSeq(submitted: Submitted): Promise<number>;
  /** Asks for its end; resolves when its task is gone. */
  cancel(submitted: Submitted): Promise<void>;
}

export interface LeoOptions {
  /** Name of the database. */
  name: string;
  nodeArgs?: string[];
  /** Tasks are the real generator as processes, on leo-mock's model. */
  realAgent?: boolean;
  /** Events that each scripted generator reports as soon as it has its work. */
  atOnce?: number;
  /** In place of no limits. */
  settings?: Record<string, string>;
  /** Puts something before the bucket; gets its URL and returns the URL that the orchestrator uses. */
  beforeBucket?: (url: string) => Promise<string>;
}

/** Twice what the orchestrator grants a cancelled task. */
const CANCEL_MS = 120_000;

/** Nothing waits for a free place, and no limit of load or money is met: all of it comes from one address. */
export const NO_LIMITS = {
  LEO_VCPU_BUDGET: "1000000",
  LEO_PLATFORM_DAY_BUDGET_USD: "1000000000",
  LEO_REQUESTS_PER_MINUTE_ADDRESS: "1000000000",
  LEO_SOCKETS_PER_USER: "1000000",
  LEO_RUN_MAX_EVENTS: "1000000000",
  LEO_RUN_MAX_EVENT_BYTES: "1000000000000",
};

/**
 * Runs with the real orchestrator as a process, on real PostgreSQL, with the local cloud's S3, SQS,
 * ECS and auth endpoints; its tasks are scripted generators in one other process unless told otherwise.
 */
export const withLeo = async <T>(
  services: Services,
  options: LeoOptions,
  run: (leo: Leo) => Promise<T>,
): Promise<T> => {
  const databaseUrl = await services.createDatabase(options.name);
  return withPool(databaseUrl, 4, (pool) => runLeo(services, { ...options, databaseUrl, pool }, run));
};

const runLeo = async <T>(
  { directory, guardian }: Services,
  {
    name,
    nodeArgs,
    realAgent = false,
    atOnce = 0,
    settings = {},
    beforeBucket,
    databaseUrl,
    pool,
  }: LeoOptions & { databaseUrl: string; pool: Pool },
  run: (leo: Leo) => Promise<T>,
): Promise<T> => {
  const [aws, auth, port, generatorPort] = await Promise.all([
    startAws(),
    startAuth(),
    freePort(),
    freePort(),
  ]);
  aws.createBucket(BUCKET);
  const queueUrl = aws.createQueue(QUEUE);
  const generators = startChild<LeoGenerators>(realAgent ? "load/agent-tasks.ts" : "load/leo-generators.ts");
  let orchestrator: OrchestratorProcess | undefined;
  try {
    const ecs = await generators.call("start", {
      cluster: CLUSTER,
      queueUrl,
      directory,
      generatorEnv: aws.generatorEnv,
      atOnce,
    });
    const env = {
      ...processEnv(CACHE_DIR),
      ...NO_LIMITS,
      LEO_LOG_LEVEL: "warn",
      ...orchestratorEnv(
        { port, publicUrl: `http://localhost:${port}` },
        { aws, ecs, auth, queueUrl, databaseUrl, generatorPort },
      ),
      ...(beforeBucket && { AWS_ENDPOINT_URL_S3: await beforeBucket(aws.url) }),
      ...settings,
    };
    const logFile = path.join(directory, `${name}.log`);
    const start = () => startOrchestratorProcess({ env, logFile, guardian, nodeArgs });
    let running = (orchestrator = await start());
    const call = async <Answer>(accessToken: string, route: string, body?: unknown): Promise<Answer> => {
      const response = await fetch(`${running.url}${route}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${accessToken}`,
          "content-type": "application/json",
          "idempotency-key": newId(),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
      return response.json() as Promise<Answer>;
    };
    const submit = async (count: number): Promise<Submitted[]> => {
      const submitted: Submitted[] = [];
      while (submitted.length < count) {
        const accessToken = await auth.issue({ sub: newId() });
        const { generation } = await call<{ generation: Generation }>(accessToken, "/api/apps", {
          prompt: "a todo list",
        });
        submitted.push({ generationId: generation.id, accessToken });
      }
      return submitted;
    };
    return await run({
      url: running.url,
      socketUrl: `ws://127.0.0.1:${port}/ws/ui`,
      generatorSocketUrl: `ws://127.0.0.1:${generatorPort}/ws/generator`,
      pool,
      generators,
      orchestrator: () => running,
      restart: async () => (running = orchestrator = await start()),
      submit,
      launch: async (count) => {
        const submitted = await submit(count);
        await generators.call(
          "atWork",
          submitted.map(({ generationId }) => generationId),
        );
        return submitted;
      },
      cancel: async ({ generationId, accessToken }) => {
        const route = `/api/generations/${generationId}`;
        await call(accessToken, `${route}/cancel`, {});
        await until(
          "the end of a cancelled run",
          async () => isFinal((await call<Generation>(accessToken, route)).state),
          CANCEL_MS,
        );
      },
      lastSeq: async ({ generationId, accessToken }) =>
        (await call<Generation>(accessToken, `/api/generations/${generationId}`)).lastSeq,
    });
  } finally {
    await orchestrator?.end("SIGTERM");
    await generators.call("stop");
    await generators.end();
    await Promise.all([aws.stop(), auth.stop()]);
  }
};
