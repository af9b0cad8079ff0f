import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { sql } from "drizzle-orm";
import { Hono } from "hono";
import { pino } from "pino";
import { expect, test } from "vitest";
import { freePort } from "@leo/local/free-port.ts";
import { runSql } from "@leo/local/testing/database.ts";
import { openDatabase, type Database } from "../../src/db/database.ts";
import { onError } from "../../src/http/error.ts";
import type { Env } from "../../src/http/env.ts";
import { databaseTimes } from "../../src/timeouts.ts";
import { withMigratedDatabase } from "../support/migrated.ts";

/** As an administrator's command or a restart of the server does. */
const endConnections = (databaseUrl: string) =>
  runSql(
    databaseUrl,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'leo-orchestrator'`,
  );

const withPool = async (
  databaseUrl: string,
  work: (database: Database) => Promise<unknown>,
  connectMs = 10_000,
) => {
  const database = openDatabase(databaseUrl, 1, () => undefined, { ...databaseTimes(15_000), connectMs });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
};

/** Real failures: what they look like is the drivers' own affair. */
const FAILURES: Record<string, (databaseUrl: string) => Promise<unknown>> = {
  "nobody listens": async (databaseUrl) => {
    const url = new URL(databaseUrl);
    url.port = String(await freePort());
    return withPool(url.href, ({ pool }) => pool.query("select 1"));
  },
  "no connection is free in time": (databaseUrl) =>
    withPool(
      databaseUrl,
      ({ begin }) => begin("", () => begin("", ({ client }) => client.query("select 1"))),
      500,
    ),
  "the server ends the connection": (databaseUrl) =>
    withPool(databaseUrl, async ({ pool }) => {
      await pool.query("select 1");
      const slow = pool.query("select pg_sleep(10)");
      return Promise.all([slow, endConnections(databaseUrl)]);
    }),
  "the server ends it in a transaction of the ORM": (databaseUrl) =>
    withPool(databaseUrl, ({ begin }) =>
      begin("", async ({ orm }) => {
        await endConnections(databaseUrl);
        return orm.execute(sql`select 1`);
      }),
    ),
  "the bucket does not answer": async () => {
    const s3 = new S3Client({
      endpoint: `http://127.0.0.1:${await freePort()}`,
      region: "us-east-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      maxAttempts: 1,
    });
    return s3.send(new GetObjectCommand({ Bucket: "a", Key: "b" }));
  },
};

const answerTo = async (work: () => Promise<unknown>) => {
  const logged: string[] = [];
  const api = new Hono<Env>();
  api.onError(onError(pino({}, { write: (line: string) => void logged.push(line) })));
  api.get("/", async (c) => c.json({ done: await work() }));
  const answer = await api.request("/");
  return { answer, body: await answer.json(), logged: logged.join("") };
};

test.for(Object.entries(FAILURES))("when %s the caller is told to try again", ([, fail]) =>
  withMigratedDatabase(async (databaseUrl) => {
    const { answer, body, logged } = await answerTo(() => fail(databaseUrl));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(body).toEqual({
      error: {
        code: "unavailable",
        message: "Something Leo needs can't be reached right now. Try again in a moment.",
      },
    });
    expect(logged).toContain("request_failed");
  }),
);

test("a fault of Leo's own is no such error", () =>
  withMigratedDatabase(async (databaseUrl) => {
    const { answer, body } = await answerTo(() =>
      withPool(databaseUrl, ({ pool }) => pool.query("select nothing")),
    );
    expect(answer.status).toBe(500);
    expect(body).toMatchObject({ error: { code: "internal" } });
  }));
