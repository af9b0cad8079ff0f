/** A PostgreSQL, or a way to it, that falls silent while every connection stays open. */
import { pino } from "pino";
import { expect, test } from "vitest";
import { openDatabase, type Database } from "../../src/db/database.ts";
import { listen } from "../../src/events/listener.ts";
import { databaseTimes } from "../../src/timeouts.ts";
import { startBalancer, type Balancer } from "../chaos/balancer.ts";
import { withMigratedDatabase } from "../support/migrated.ts";

const times = databaseTimes(1_500);
/** What a busy machine may add to a time. */
const SLACK_MS = 5_000;
const SILENT = "the database has been silent for 2 s";

interface Silenced {
  database: Database;
  door: Balancer;
  url: string;
}

/** Runs with a pool of one connection behind a door: one that is not given back is missed at once. */
const withDoor = (run: (silenced: Silenced) => Promise<void>): Promise<void> =>
  withMigratedDatabase(async (databaseUrl) => {
    const door = await startBalancer([Number(new URL(databaseUrl).port)]);
    const url = new URL(databaseUrl);
    url.port = String(door.port);
    const database = openDatabase(url.href, 1, () => undefined, times);
    try {
      await run({ database, door, url: url.href });
    } finally {
      await database.close();
      await door.close();
    }
  });

const backend = async ({ pool }: Database) => {
  const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid;
};

/** How long it took to fail, and with what. */
const failure = async (work: Promise<unknown>) => {
  const startedAt = performance.now();
  const message = await work.then(
    () => "none",
    (cause: unknown) => (cause as Error).message,
  );
  return { message, afterMs: performance.now() - startedAt };
};

const MOMENTS: Record<string, (silenced: Silenced) => Promise<unknown>> = {
  "before a query": ({ database, door }) => {
    door.isolate("leo-orchestrator");
    return database.pool.query("select 1");
  },
  "before a transaction begins": ({ database, door }) => {
    door.isolate("leo-orchestrator");
    return database.begin("", ({ client }) => client.query("select 1"));
  },
  "within a transaction": ({ database, door }) =>
    database.begin("", async ({ client }) => {
      await client.query("lock table leo.platform_settings");
      door.isolate("leo-orchestrator");
      await client.query("select 1");
    }),
  "before a commit": ({ database, door }) =>
    database.begin("", async ({ client }) => {
      await client.query("select 1");
      door.isolate("leo-orchestrator");
    }),
  "with an answer on its way": ({ database, door }) =>
    database.begin("", async ({ client }) => {
      const answer = client.query("select pg_sleep(0.2)");
      door.deafen("leo-orchestrator");
      await answer;
    }),
};

test.each(Object.entries(MOMENTS))(
  "a connection that falls silent %s is given up in time and never used again",
  (_name, fallSilent) =>
    withDoor(async (silenced) => {
      const { database } = silenced;
      const before = await backend(database);
      const { message, afterMs } = await failure(fallSilent(silenced));
      expect(message).toBe(SILENT);
      expect(afterMs).toBeGreaterThanOrEqual(times.silentMs - 50);
      expect(afterMs).toBeLessThan(times.silentMs + SLACK_MS);
      // The one connection is free again, it is another one, and it is in no transaction.
      const { rows } = await database.pool.query<{ pid: number; hasBegun: boolean }>(
        `select pg_backend_pid() as pid, now() < statement_timestamp() as "hasBegun"`,
      );
      expect(rows[0]?.pid).not.toBe(before);
      expect(rows[0]?.hasBegun).toBe(false);
      expect(database.pool.totalCount).toBe(1);
    }),
);

test("the server lets go of what a lost process holds, and not before", () =>
  withDoor(async ({ database, door }) => {
    const startedAt = performance.now();
    await failure(
      database.begin("", async ({ client }) => {
        await client.query("lock table leo.platform_settings");
        door.isolate("leo-orchestrator");
        await client.query("select 1");
      }),
    );
    const read = () =>
      database.pool.query("select from leo.platform_settings").then(
        () => "read",
        () => "locked",
      );
    await expect.poll(read, { timeout: times.idleInTransactionMs + SLACK_MS }).toBe("read");
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(times.idleInTransactionMs - 50);
  }));

test("a statement that takes too long is ended by the server, which costs no connection", () =>
  withDoor(async ({ database }) => {
    const before = await backend(database);
    const { message, afterMs } = await failure(
      database.begin("", ({ client }) => client.query("select pg_sleep(60)")),
    );
    expect(message).toContain("statement timeout");
    expect(afterMs).toBeGreaterThanOrEqual(times.statementMs - 50);
    expect(await backend(database)).toBe(before);
  }));

test("the connection that listens is quiet for long, and made again when it has fallen silent", () =>
  withDoor(async ({ database, door, url }) => {
    const heard: string[] = [];
    let reconnects = 0;
    const listener = await listen({
      databaseUrl: url,
      times,
      log: pino({ level: "silent" }),
      channels: { leo_test: (payload) => heard.push(payload) },
      onReconnected: () => (reconnects += 1),
    });
    await new Promise((resolve) => setTimeout(resolve, 2 * times.silentMs));
    await database.pool.query("select pg_notify('leo_test', 'quiet')");
    await expect.poll(() => heard).toEqual(["quiet"]);
    expect(reconnects).toBe(0);

    expect(door.isolate("leo-listener")).toBe(1);
    const isolatedAt = performance.now();
    await expect.poll(() => reconnects).toBe(1);
    expect(performance.now() - isolatedAt).toBeLessThan(times.idleMs + times.silentMs + SLACK_MS);
    await database.pool.query("select pg_notify('leo_test', 'again')");
    await expect.poll(() => heard).toEqual(["quiet", "again"]);
    await listener.stop();
  }));
