/** Leo's queue in a process of its own: the functions that the orchestrator's API and its queue loop call. */
import { newId } from "@leo/core/id.ts";
import { startAuth } from "@leo/local/auth.ts";
import { startAws } from "@leo/local/aws.ts";
import { BUCKET, CLUSTER, orchestratorEnv } from "@leo/local/start/orchestrator-env.ts";
import { readConfig } from "@leo/orchestrator/config.ts";
import { userContext, type Context } from "@leo/orchestrator/app-context.ts";
import { migrateDatabase, openDatabase } from "@leo/orchestrator/db/database.ts";
import { apps, generations } from "@leo/orchestrator/db/schema.ts";
import { submitApp } from "@leo/orchestrator/generation/submit.ts";
import { claim } from "@leo/orchestrator/generation/claim.ts";
import { openStorage } from "@leo/orchestrator/storage/s3.ts";
import { Pool } from "pg";
import { pino } from "pino";
import { serveCommands } from "../harness/child.ts";
import { NO_LIMITS } from "../leo/leo.ts";
import { chunks, perSecond, POOL_SIZE, type Ask, type ClaimAsk } from "./work.ts";

const PROMPT = "a todo list";
/** Each user has twenty in the queue, the most that is allowed by default; all of them may run. */
const ROWS_PER_OWNER = 20;
const INSERT_MAX = 1_000;

let opened: Context | undefined;
/** The database's owner: Leo's own role may neither truncate nor analyze. */
let admin: Pool | undefined;
const context = () => {
  if (!opened) throw new Error("start comes first");
  return opened;
};

const commands = {
  start: async ({ databaseUrl }: { databaseUrl: string }) => {
    const [aws, auth] = await Promise.all([startAws(), startAuth()]);
    const env = orchestratorEnv(
      { port: 0, publicUrl: "http://localhost" },
      {
        aws,
        auth,
        ecs: { cluster: CLUSTER, env: {} },
        queueUrl: aws.createQueue("unused"),
        databaseUrl,
        generatorPort: 0,
      },
    );
    aws.createBucket(BUCKET);
    const config = readConfig({
      ...env,
      LEO_DATABASE_CONNECTIONS: String(POOL_SIZE + 1),
      ...NO_LIMITS,
      LEO_RUNNING_PER_USER: String(ROWS_PER_OWNER),
      LEO_QUEUED_PER_USER: "1000000",
    });
    await migrateDatabase(databaseUrl);
    admin = new Pool({ connectionString: databaseUrl, max: 1 });
    const database = openDatabase(databaseUrl, POOL_SIZE, () => undefined);
    Object.assign(process.env, aws.env);
    opened = {
      config,
      database,
      storage: openStorage(config),
      log: pino({ level: "silent" }),
      now: () => new Date(),
    };
  },
  empty: async () => {
    await admin?.query("truncate leo.apps cascade");
  },
  fill: async (rows: number) => {
    const { database, config } = context();
    for (const { length } of chunks(rows, INSERT_MAX)) {
      const made = Array.from({ length }, (_, index) => ({ id: newId(), appId: newId(), index }));
      const owners = Array.from({ length: Math.ceil(length / ROWS_PER_OWNER) }, newId);
      const ownerOf = (index: number) => owners[index % owners.length] ?? "";
      await database.orm
        .insert(apps)
        .values(made.map(({ appId, index }) => ({ id: appId, ownerId: ownerOf(index), name: "Bench" })));
      await database.orm.insert(generations).values(
        made.map(({ id, appId, index }) => ({
          id,
          appId,
          ownerId: ownerOf(index),
          prompt: PROMPT,
          mode: "autonomous" as const,
          maxAttempts: 2,
          memoryMib: config.LEO_GENERATOR_MEMORY_MIB,
          vcpu: config.LEO_GENERATOR_VCPU,
        })),
      );
    }
    await admin?.query("analyze");
  },
  enqueue: ({ callers, durationMs }: Ask) =>
    perSecond(callers, durationMs, async () => {
      await submitApp(userContext(context(), newId()), undefined, { prompt: PROMPT });
      return 1;
    }),
  claim: ({ callers, durationMs, batch }: ClaimAsk) =>
    perSecond(callers, durationMs, async () => (await claim(context(), batch)).length),
};
export type BenchQueue = typeof commands;

serveCommands(commands);
