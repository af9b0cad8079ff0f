import { describe, expect, test, vi } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { newId } from "@leo/core/id.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { ToBrowser } from "@leo/core/protocol/ui.ts";
import { runSql } from "@leo/local/testing/database.ts";
import { Committer, type CommitterOptions } from "../../src/events/committer.ts";
import { Hub, type Sink } from "../../src/events/hub.ts";
import { listen } from "../../src/events/listener.ts";
import { readEvents } from "../../src/events/replay.ts";
import { EVENTS_CHANNEL } from "../../src/events/append.ts";
import { transition } from "../../src/generation/transition.ts";
import { claim } from "../../src/generation/claim.ts";
import { enqueue, withContext, type TestContext } from "../support/context.ts";

const log = (n: number, text = `line ${n}`): NumberedMessage => ({ n, type: "log", level: "info", text });
const usage = (n: number, costUsd: number): NumberedMessage => ({
  n,
  type: "usage",
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd,
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A generation that runs, with its attempt's id. */
const running = async (context: TestContext) => {
  const generationId = await enqueue(context, newId());
  const claimed = await claim(context, 1);
  await transition(context, generationId, { type: "ready" });
  return { generationId, attemptId: claimed[0]?.id ?? "" };
};

const committerOf = (context: TestContext, options: Partial<CommitterOptions> = {}) =>
  new Committer({
    pool: context.database.pool,
    log: context.log,
    now: context.now,
    origin: "test",
    limits: { maxEvents: LIMITS.runMaxEvents, maxBytes: LIMITS.runMaxEventBytes },
    onCommitted: () => undefined,
    ...options,
  });

/** A browser that keeps what it gets; `full` makes its buffer look full. */
const reader = () => {
  const seen: number[] = [];
  let full = false;
  let release = () => {};
  const sink: Sink = {
    isOpen: () => true,
    hasRoom: () => !full,
    room: (ended) =>
      new Promise((resolve) => {
        release = resolve;
        ended.addEventListener("abort", () => resolve());
      }),
    send: (data) => {
      const frame = ToBrowser.parse(JSON.parse(data.toString()));
      if (frame.type === "events") seen.push(...frame.events.map(({ seq }) => seq));
    },
  };
  return {
    seen,
    sink,
    setFull: (value: boolean) => {
      full = value;
      if (!full) release();
    },
    has: async (count: number) => {
      await expect.poll(() => seen.length, { timeout: 40_000, interval: 5 }).toBe(count);
    },
  };
};

describe("committing", () => {
  test("stores messages in order without gaps, and drops those that are there already", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const committer = committerOf(context);
      expect(await committer.commit(attemptId, [log(1), log(2)])).toBe("stored");
      expect(await committer.commit(attemptId, [log(1), log(2), log(3)])).toBe("stored");
      expect(await committer.commit(attemptId, [log(2), log(3)])).toBe("stored");
      const stored = await readEvents(context.database.pool, generationId, 2, 100);
      expect(stored.map(({ seq, body }) => [seq, JSON.parse(body).text])).toEqual([
        [3, "line 1"],
        [4, "line 2"],
        [5, "line 3"],
      ]);
    }));

  test("two processes that get the same resent messages store each once", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const committers = range(1, 4).map(() => committerOf(context));
      const messages = range(1, 200).map((n) => log(n));
      await Promise.all(committers.map((committer) => committer.commit(attemptId, messages)));
      const stored = await readEvents(context.database.pool, generationId, 0, 1_000);
      expect(stored.map(({ seq }) => seq)).toEqual(range(1, 202));
    }));

  test("frames that wait together may repeat messages, and one that leaves some out is stored after them", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const told: number[] = [];
      const committer = committerOf(context, {
        onCommitted: (_id, frames) => told.push(...frames.map(({ lastSeq }) => lastSeq)),
      });
      const frames = [[1], [1, 2, 3], [2, 3, 4, 5], [4], [9, 10], [10, 11]];
      const outcomes = frames.map((numbers) =>
        committer.commit(
          attemptId,
          numbers.map((n) => log(n)),
        ),
      );
      expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["stored"]));
      const stored = await readEvents(context.database.pool, generationId, 2, 100);
      expect(stored.map(({ seq, body }) => [seq, JSON.parse(body).text])).toEqual(
        [1, 2, 3, 4, 5, 9, 10, 11].map((n, index) => [index + 3, `line ${n}`]),
      );
      // What came first went alone, then all that goes together, then what leaves numbers out.
      expect(told).toEqual([3, 7, 10]);
      await expect(committer.commit(attemptId, [log(12), log(14)])).rejects.toThrow("where 13 is due");
    }));

  test("refuses a replaced attempt and an ended generation", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      await transition(context, generationId, { type: "cancel_requested" });
      await transition(context, generationId, { type: "task_gone" });
      expect(await committerOf(context).commit(attemptId, [log(1)])).toBe("refused");
      expect(await committerOf(context).commit(newId(), [log(1)])).toBe("refused");
    }));

  test("keeps the newest running total of the cost, not the sum of reports", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const committer = committerOf(context);
      await committer.commit(attemptId, [usage(1, 0.1), usage(2, 0.25)]);
      await committer.commit(attemptId, [usage(3, 0.4)]);
      const { rows } = await context.database.pool.query(
        "select cost_usd::float as cost from leo.generations where id = $1",
        [generationId],
      );
      expect(rows[0].cost).toBeCloseTo(0.4);
    }));

  test("stores nothing shaped like a token", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const secret = ["sk-ant", "api03-abcdefghijklmnop"].join("-");
      await committerOf(context).commit(attemptId, [log(1, `key ${secret} and \u0000 nul`)]);
      const [, , event] = await readEvents(context.database.pool, generationId, 0, 10);
      expect(event?.body).not.toContain(secret);
      expect(event?.body).toContain("[removed: anthropic]");
    }));

  test("one generation's refusal does not hold up another's messages in the same batch", () =>
    withContext({ LEO_VCPU_BUDGET: "40" }, async (context) => {
      const [good, bad] = [await running(context), await running(context)];
      await transition(context, bad.generationId, { type: "work_complete" });
      await transition(context, bad.generationId, { type: "version_saved" });
      const committer = committerOf(context);
      const outcomes = await Promise.all([
        committer.commit(bad.attemptId, [log(1)]),
        committer.commit(good.attemptId, [log(1)]),
      ]);
      expect(outcomes).toEqual(["refused", "stored"]);
    }));
});

describe("events and their generation", () => {
  const insertInto = (generationId: string, seq: number) =>
    `insert into leo.events (generation_id, seq, at, type, body) values ('${generationId}', ${seq}, now(), 'log', '{}')`;

  test("no event is without its generation, and an event is never changed", () =>
    withContext({}, async (context) => {
      const { config, database } = context;
      const generationId = await enqueue(context, newId());
      await expect(database.pool.query(insertInto(newId(), 1))).rejects.toMatchObject({
        code: "23503",
        constraint: "events_belong",
      });
      const several = `insert into leo.events (generation_id, seq, at, type, body)
        select id, 7, now(), 'log', '{}' from unnest(array['${generationId}', '${newId()}']::uuid[]) id`;
      await expect(database.pool.query(several)).rejects.toMatchObject({ code: "23503" });
      await database.pool.query(insertInto(generationId, 2));
      await expect(database.pool.query("update leo.events set type = 'error'")).rejects.toMatchObject({
        code: "42501",
      });
      const move = `update leo.events set generation_id = '${newId()}'`;
      await expect(runSql(config.DATABASE_URL, move)).rejects.toMatchObject({ code: "23503" });
    }));

  test("a deleted generation takes its events with it, also those that were being stored", () =>
    withContext({ LEO_DATABASE_CONNECTIONS: "4" }, async (context) => {
      const { pool } = context.database;
      const generationId = await enqueue(context, newId());
      const other = await enqueue(context, newId());
      await pool.query(insertInto(other, 1));
      const [storing, deleting] = [await pool.connect(), await pool.connect()];
      const { rows: backends } = await deleting.query("select pg_backend_pid() as pid");
      await storing.query("begin");
      await storing.query(insertInto(generationId, 2));
      const deleted = deleting.query("delete from leo.generations where id = $1", [generationId]);
      const blockers = async () =>
        (await storing.query("select cardinality(pg_blocking_pids($1)) as count", [backends[0].pid])).rows;
      await expect.poll(blockers).toEqual([{ count: 1 }]);
      await storing.query("commit");
      await deleted;
      for (const client of [storing, deleting]) client.release();
      const { rows } = await pool.query("select generation_id as id, seq from leo.events");
      expect(rows).toEqual([{ id: other, seq: 1 }]);
    }));
});

describe("fanning out", () => {
  test("a reader that joins in the middle gets stored events first and then live ones, each once", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const hub = new Hub(context.database.pool, context.log);
      const committer = committerOf(context, { onCommitted: (id, frames) => hub.publish(id, frames) });
      await committer.commit(
        attemptId,
        range(1, 700).map((n) => log(n)),
      );
      const browser = reader();
      const stop = hub.subscribe(generationId, 0, 702, browser.sink);
      for (const n of range(701, 900)) await committer.commit(attemptId, [log(n)]);
      await browser.has(902);
      expect(browser.seen).toEqual(range(1, 902));
      stop();
      expect(hub.readerCount).toBe(0);
    }));

  test("a reader that reads nothing does not slow the others, and catches up when it reads again", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const hub = new Hub(context.database.pool, context.log);
      const committer = committerOf(context, { onCommitted: (id, frames) => hub.publish(id, frames) });
      const [slow, quick] = [reader(), reader()];
      hub.subscribe(generationId, 0, 2, slow.sink);
      hub.subscribe(generationId, 0, 2, quick.sink);
      await Promise.all([slow.has(2), quick.has(2)]);
      slow.setFull(true);
      for (const n of range(1, 100)) await committer.commit(attemptId, [log(n)]);
      await quick.has(102);
      expect(slow.seen).toHaveLength(2);
      slow.setFull(false);
      await slow.has(102);
      expect(slow.seen).toEqual(range(1, 102));
    }));

  test("pages are split by bytes and still cover everything", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const committer = committerOf(context);
      const line = (n: number) => log(n, "x".repeat(20_000));
      await committer.commit(attemptId, range(1, 200).map(line));
      const sizes: number[] = [];
      const seen: number[] = [];
      for (let since = 0; since < 202; since = seen.at(-1) ?? 202) {
        const page = await readEvents(context.database.pool, generationId, since, 500);
        sizes.push(page.reduce((bytes, { body }) => bytes + body.length, 0));
        seen.push(...page.map(({ seq }) => seq));
      }
      expect(seen).toEqual(range(1, 202));
      expect(Math.max(...sizes)).toBeLessThan(1_100_000);
      // And by whoever reads them: one that joins, and one that was woken far behind.
      const hub = new Hub(context.database.pool, context.log);
      const browser = reader();
      hub.subscribe(generationId, 0, 2, browser.sink);
      await browser.has(202);
      await committer.commit(attemptId, range(201, 400).map(line));
      hub.wake(generationId, 402);
      await browser.has(402);
      expect(browser.seen).toEqual(range(1, 402));
    }));

  test("readers share 32 MiB of what is unsent, whatever they read", () =>
    withContext({}, async (context) => {
      const hub = new Hub(context.database.pool, context.log);
      const sink: Sink = { ...reader().sink, isOpen: () => false };
      const join = () => hub.subscribe(newId(), 0, 0, sink);
      const stops = range(1, 32).map(join);
      expect(hub.shareBytes).toBe(1024 * 1024);
      stops.push(...range(33, 1_000).map(join));
      expect(1_000 * hub.shareBytes).toBeLessThanOrEqual(32 * 1024 * 1024);
      stops.push(...range(1_001, 10_000).map(join));
      expect(hub.shareBytes).toBe(16 * 1024);
      for (const stop of [...stops, ...stops]) stop();
      expect([hub.readerCount, hub.shareBytes]).toEqual([0, 1024 * 1024]);
    }));

  test("subscriptions replaced while a reader is full hold no memory", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const committer = committerOf(context);
      await committer.commit(
        attemptId,
        range(1, 50).map((n) => log(n)),
      );
      const hub = new Hub(context.database.pool, context.log);
      const waits: AbortSignal[] = [];
      const sink: Sink = {
        isOpen: () => true,
        hasRoom: () => false,
        room: async (ended) => {
          waits.push(ended);
          await new Promise((resolve) => ended.addEventListener("abort", resolve));
        },
        send: () => expect.unreachable("nothing is sent to a full reader"),
      };
      const reads = vi.spyOn(context.database.pool, "query");
      for (let count = 0; count < 120; count += 1) hub.subscribe(generationId, 0, 52, sink)();
      hub.subscribe(generationId, 0, 52, sink);
      await expect.poll(() => waits.length).toBe(121);
      expect(waits.filter(({ aborted }) => !aborted)).toHaveLength(1);
      // A page that is not read is not held.
      expect(reads).not.toHaveBeenCalled();
      expect(hub.readerCount).toBe(1);
    }));

  test("another process's commits arrive through notifications, and through polling when those are lost", () =>
    withContext({}, async (context) => {
      const { generationId, attemptId } = await running(context);
      const hub = new Hub(context.database.pool, context.log);
      const listener = await listen({
        databaseUrl: context.config.DATABASE_URL,
        log: context.log,
        channels: {
          [EVENTS_CHANNEL]: (payload) => {
            const [id = "", lastSeq] = payload.split(":");
            hub.wake(id, Number(lastSeq));
          },
        },
        onReconnected: () => undefined,
      });
      const elsewhere = committerOf(context);
      const browser = reader();
      hub.subscribe(generationId, 0, 2, browser.sink);
      await elsewhere.commit(
        attemptId,
        range(1, 10).map((n) => log(n)),
      );
      await browser.has(12);
      await listener.stop();
      await elsewhere.commit(
        attemptId,
        range(11, 20).map((n) => log(n)),
      );
      await hub.poll();
      await browser.has(22);
      expect(browser.seen).toEqual(range(1, 22));
    }));

  test("the notification connection comes back after the server cut it", () =>
    withContext({}, async (context) => {
      const heard: string[] = [];
      let reconnects = 0;
      const listener = await listen({
        databaseUrl: context.config.DATABASE_URL,
        log: context.log,
        channels: { leo_events: (payload) => heard.push(payload) },
        onReconnected: () => (reconnects += 1),
      });
      await runSql(
        context.config.DATABASE_URL,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'leo-listener' and datname = current_database()",
      );
      await expect.poll(() => reconnects, { timeout: 40_000 }).toBe(1);
      await context.database.pool.query("select pg_notify('leo_events', 'after')");
      await expect.poll(() => heard).toEqual(["after"]);
      await listener.stop();
    }));
});
