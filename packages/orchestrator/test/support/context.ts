import { pino } from "pino";
import { newId } from "@leo/core/id.ts";
import { readConfig, type Config } from "../../src/config.ts";
import { userContext, type Context } from "../../src/app-context.ts";
import { apps, generations } from "../../src/db/schema.ts";
import { submitApp } from "../../src/generation/submit.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { openTestDatabase } from "./database.ts";
import { withMigratedDatabase } from "./migrated.ts";

/** Tests send more than a person does; those of the limits set their own. */
export const HIGH_LIMITS = {
  LEO_GENERATIONS_PER_DAY: "100000",
  LEO_USER_DAY_BUDGET_USD: "90000",
  LEO_PLATFORM_DAY_BUDGET_USD: "900000",
  LEO_REQUESTS_PER_MINUTE_USER: "1000000",
  LEO_REQUESTS_PER_MINUTE_ADDRESS: "1000000",
  LEO_REFUSED_SIGN_INS_PER_MINUTE: "1000000",
  LEO_SOCKETS_PER_USER: "100000",
};

/** Settings that a test does not care about. */
export const BASE_ENV = {
  LEO_LISTEN_HOST: "127.0.0.1",
  PORT: "0",
  LEO_LOG_LEVEL: "silent",
  LEO_MODE: "local",
  LEO_MODEL_IS_MOCK: "true",
  LEO_PUBLIC_URL: "http://localhost:5013",
  LEO_PREVIEW_URL_TEMPLATE: "http://{generationId}.localhost:5013/",
  LEO_GENERATOR_URL: "ws://127.0.0.1:5013/ws/generator",
  DATABASE_URL: "postgres://unset",
  // `LEO_TEST_CONNECTIONS=2` runs every test with the least there can be: whatever asks for a connection
  // while it holds one then hangs for good. It is slow, so `npm test` has one test that does.
  LEO_DATABASE_CONNECTIONS: process.env["LEO_TEST_CONNECTIONS"] ?? "5",
  SUPABASE_URL: "http://127.0.0.1:1",
  SUPABASE_ANON_KEY: "anon",
  AWS_REGION: "us-east-1",
  LEO_BUCKET: "unset",
  LEO_CLUSTER: "leo-local",
  LEO_GENERATOR_SUBNETS: "subnet-a,subnet-b",
  LEO_GENERATOR_SECURITY_GROUPS: "sg-a",
};

/** No object exists: for tests of what needs only the database. */
const emptyStorage: Storage = {
  read: async () => undefined,
  readText: async () => undefined,
  presignRead: async (key) => `http://127.0.0.1:1/${key}`,
  list: async function* () {},
  copy: async () => false,
  write: async () => undefined,
  delete: async () => undefined,
};

export interface TestContext extends Context {
  /** Moves the clock that the context uses. */
  advance(durationMs: number): void;
}

/** Runs with a migrated database of its own and a clock that the test moves. */
export const withContext = (
  settings: Partial<Record<keyof Config, string>>,
  run: (context: TestContext) => Promise<void>,
): Promise<void> =>
  withMigratedDatabase(async (databaseUrl) => {
    const config = readConfig({ ...BASE_ENV, DATABASE_URL: databaseUrl, ...settings });
    const database = openTestDatabase(databaseUrl, config.LEO_DATABASE_CONNECTIONS - 1);
    let shiftMs = 0;
    const context: TestContext = {
      config,
      database,
      storage: emptyStorage,
      log: pino({ level: "silent" }),
      now: () => new Date(Date.now() + shiftMs),
      advance: (durationMs) => (shiftMs += durationMs),
    };
    try {
      await run(context);
    } finally {
      await database.close();
    }
  });

/** A request of a user for a new app, as the API takes it. Returns the generation's id. */
export const submitAs = async (context: Context, ownerId: string, body: Parameters<typeof submitApp>[2]) =>
  (await submitApp(userContext(context, ownerId), undefined, body)).generation.id;

/** Puts a generation of a new app into the queue. Returns its id. */
export const enqueue = async (
  { config, database }: Context,
  ownerId: string,
  values: Partial<typeof generations.$inferInsert> = {},
): Promise<string> => {
  const [appId, id] = [newId(), newId()];
  await database.orm.insert(apps).values({ id: appId, ownerId, name: "Test" });
  await database.orm.insert(generations).values({
    id,
    appId,
    ownerId,
    prompt: "a todo list",
    mode: "autonomous",
    maxAttempts: 2,
    memoryMib: config.LEO_GENERATOR_MEMORY_MIB,
    vcpu: config.LEO_GENERATOR_VCPU,
    ...values,
  });
  return id;
};
