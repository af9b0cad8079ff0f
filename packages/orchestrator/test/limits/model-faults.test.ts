/** The model is busy, exhausted, or refuses: what runs wait for, for how long, and what is paused. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { attemptPrefix, checkpointKey } from "@leo/core/artifact.ts";
import { failure, FAILURES, type FailureCode } from "@leo/core/failure.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { WAITS } from "@leo/core/waiting.ts";
import type { Context } from "../../src/app-context.ts";
import { attempts, generations } from "../../src/db/schema.ts";
import { pauseLaunches, probeAtStart, resumeLaunches } from "../../src/limits/model-pause.ts";
import { readPlatform, setLaunchesPaused } from "../../src/limits/platform.ts";
import { storeRuns } from "../../src/events/store.ts";
import { runOf } from "../../src/events/batch.ts";
import { transition } from "../../src/generation/transition.ts";
import { claim } from "../../src/generation/claim.ts";
import { queuePositions } from "../../src/generation/queue-position.ts";
import { readLoad } from "../../src/metrics/load.ts";
import type { TestContext } from "../support/context.ts";
import { openTestDatabase } from "../support/database.ts";
import { ask, entriesOf, start, withContext } from "../support/money.ts";
import { openGeneratorSocket, withOrchestrator, type TestOrchestrator } from "../support/orchestrator.ts";

const ROOM = { LEO_VCPU_BUDGET: "4000", LEO_RUNNING_PER_USER: "100" };
const NO_LIMITS = { maxEvents: 1_000, maxBytes: 1_000_000 };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const rowOf = async ({ database }: Pick<Context, "database">, id: string) => {
  const [row] = await database.orm.select().from(generations).where(eq(generations.id, id));
  if (!row) throw new Error(`no generation ${id}`);
  return row;
};

/** The present attempt ends with a fault of the model. */
const meets = async (context: TestContext, id: string, code: FailureCode, retryInMs?: number) => {
  const { attempt } = await rowOf(context, id);
  return transition(context, id, { type: "work_complete", failure: failure(code), retryInMs }, attempt);
};

const usage = (n: number, costUsd: number): NumberedMessage => ({
  n,
  type: "usage",
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd,
});

/** The model has answered the run's present attempt. */
const isAnswered = async (context: TestContext, id: string) => {
  const [attempt] = await context.database.orm.select().from(attempts).where(eq(attempts.generationId, id));
  const run = runOf(attempt?.id ?? "", [usage(1, 0.25)]);
  expect(await storeRuns(context.database.pool, [run], context.now(), "test", NO_LIMITS)).toHaveLength(1);
};

describe("a fault that passes", () => {
  test("with a time: the run waits in the queue until then, and keeps all of its attempts", () =>
    withContext(ROOM, async (context) => {
      const owner = newId();
      const id = await start(context, owner);
      await meets(context, id, "model_limit", 2 * HOUR_MS);
      expect(await rowOf(context, id)).toMatchObject({
        state: "queued",
        waitCode: "model_limit",
        attempt: 1,
        maxAttempts: 3,
        failure: null,
      });
      const next = await ask(context, owner);
      const places = await queuePositions(context, owner);
      const until = (await rowOf(context, id)).availableAt.toISOString();
      expect(places.get(id)).toEqual({
        waiting: { code: "model_limit", message: WAITS.model_limit?.message, until },
      });
      expect(places.get(next)).toMatchObject({ position: 1 });
      expect((await claim(context, 5)).map(({ generationId }) => generationId)).toEqual([next]);
      context.advance(2 * HOUR_MS - MINUTE_MS);
      expect(await claim(context, 5)).toEqual([]);
      context.advance(2 * MINUTE_MS);
      expect(await claim(context, 5)).toMatchObject([{ generationId: id, number: 2 }]);
      const lost = {
        type: "attempt_failed",
        failure: failure("interrupted"),
        retry: true,
        isPlatformFault: true,
      } as const;
      expect((await transition(context, id, lost, 2))?.decision.state).toBe("queued");
      expect((await rowOf(context, id)).waitCode).toBeNull();
    }));

  test("without a time, waits double up to half an hour, for ten hours in total", () =>
    withContext(ROOM, async (context) => {
      const id = await start(context, newId());
      const waitsMin: number[] = [];
      for (;;) {
        const met = await meets(context, id, "model_unavailable");
        if (met?.decision.state !== "queued") break;
        const waitMs = (await rowOf(context, id)).availableAt.getTime() - context.now().getTime();
        waitsMin.push(Math.round(waitMs / MINUTE_MS));
        context.advance(waitMs + 1_000);
        expect(await claim(context, 5)).toHaveLength(1);
      }
      expect(waitsMin).toHaveLength(LIMITS.modelWaitsMax);
      expect(waitsMin.slice(0, 7)).toEqual([1, 2, 4, 8, 16, 30, 30]);
      expect(await rowOf(context, id)).toMatchObject({
        state: "failed",
        failure: { code: "model_unavailable", message: FAILURES.model_unavailable.message },
        waitCode: null,
      });
    }));

  test("that lasts longer than a day, or has a time in the past, is no way around the limits", () =>
    withContext(ROOM, async (context) => {
      const late = await start(context, newId());
      await meets(context, late, "model_limit", LIMITS.queueExpiryMs + MINUTE_MS);
      expect(await rowOf(context, late)).toMatchObject({ state: "failed", failure: { code: "model_limit" } });
      const past = await start(context, newId());
      await meets(context, past, "model_limit", -HOUR_MS);
      expect((await rowOf(context, past)).availableAt.getTime()).toBeGreaterThan(context.now().getTime());
    }));

  test("a run that has waited for a day says what it waited for", () =>
    withContext(ROOM, async (context) => {
      const id = await start(context, newId());
      await meets(context, id, "model_limit", HOUR_MS);
      await transition(context, id, { type: "queue_expired" });
      expect(await rowOf(context, id)).toMatchObject({ state: "failed", failure: { code: "model_limit" } });
    }));

  test("a declined request is final, and nothing is paused", () =>
    withContext(ROOM, async (context) => {
      const id = await start(context, newId());
      await meets(context, id, "declined", HOUR_MS);
      expect(await rowOf(context, id)).toMatchObject({ state: "failed", failure: { code: "declined" } });
      expect((await readPlatform(context)).modelFault).toBeUndefined();
    }));
});

describe("a fault that only the operator can mend", () => {
  const CODES = [
    "model_credential",
    "model_balance",
    "model_unknown",
    "model_address",
    "model_certificate",
    "model_proxy",
  ] as const;

  test.each(CODES)("%s: the run is back in the queue, nothing starts, and nobody pays", (code) =>
    withContext(ROOM, async (context) => {
      const owner = newId();
      const id = await start(context, owner);
      const waiting = await ask(context, newId());
      await meets(context, id, code);
      expect(await rowOf(context, id)).toMatchObject({ state: "queued", attempt: 1, maxAttempts: 3 });
      expect((await entriesOf(context, id))[0]).toMatchObject({ charged: 0 });
      expect(await claim(context, 5)).toEqual([]);
      const { modelFault } = await readPlatform(context);
      expect(modelFault).toMatchObject({ code, message: FAILURES[code].message });
      expect((await readLoad(context)).leo_model_paused).toEqual([{ labels: {}, value: 1 }]);
      const ownerOfWaiting = (await rowOf(context, waiting)).ownerId;
      for (const [generation, user] of [
        [id, owner],
        [waiting, ownerOfWaiting],
      ] as const) {
        const place = (await queuePositions(context, user)).get(generation);
        expect(place).toEqual({ waiting: { code, message: WAITS[code]?.onThisComputer } });
      }
    }),
  );

  test("on AWS people are told who has to mend it", () =>
    withContext({ ...ROOM, LEO_MODE: "aws" }, async (context) => {
      const owner = newId();
      const id = await start(context, owner);
      await meets(context, id, "model_balance");
      const place = (await queuePositions(context, owner)).get(id);
      expect(place?.waiting?.message).toBe(WAITS.model_balance?.message);
    }));

  test("one run is let through now and then, however many orchestrators claim; another's before its own", () =>
    withContext(ROOM, async (context) => {
      const failed = await start(context, newId());
      await meets(context, failed, "model_credential");
      const others = [await ask(context, newId()), await ask(context, newId())];
      const other = openTestDatabase(context.config.DATABASE_URL);
      const both = async () =>
        (await Promise.all([claim(context, 5), claim({ ...context, database: other }, 5)])).flat();
      expect(await both()).toEqual([]);
      const probes: string[] = [];
      for (const waitMs of [2, 4, 8].map((minutes) => minutes * MINUTE_MS)) {
        context.advance(waitMs - MINUTE_MS);
        expect(await both()).toEqual([]);
        context.advance(MINUTE_MS + 1_000);
        const claimed = await both();
        expect(claimed).toHaveLength(1);
        probes.push(...claimed.map(({ generationId }) => generationId));
      }
      expect(probes).toEqual([...others, failed]);
      await other.close();
    }));

  test("the first answer of the model to a run that was let through ends the pause", () =>
    withContext(ROOM, async (context) => {
      const failed = await start(context, newId());
      await meets(context, failed, "model_credential");
      const [probe, second] = [await ask(context, newId()), await ask(context, newId())];
      context.advance(3 * MINUTE_MS);
      expect(await claim(context, 5)).toMatchObject([{ generationId: probe }]);
      expect(await resumeLaunches(context)).toBe(false);
      await isAnswered(context, probe);
      expect(await resumeLaunches(context)).toBe(true);
      expect(await resumeLaunches(context)).toBe(false);
      const claimed = (await claim(context, 5)).map(({ generationId }) => generationId);
      expect(claimed.toSorted()).toEqual([failed, second].toSorted());
    }));

  test("an answer to a call that was open before says nothing; a later one to the same run does", () =>
    withContext(ROOM, async (context) => {
      const busy = await start(context, newId());
      const failed = await start(context, newId());
      await meets(context, failed, "model_balance");
      context.advance(1_000);
      await isAnswered(context, busy);
      expect(await resumeLaunches(context)).toBe(false);
      context.advance(3 * MINUTE_MS);
      const [attempt] = await context.database.orm
        .select()
        .from(attempts)
        .where(eq(attempts.generationId, busy));
      await storeRuns(
        context.database.pool,
        [runOf(attempt?.id ?? "", [usage(2, 0.5)])],
        context.now(),
        "test",
        NO_LIMITS,
      );
      expect(await resumeLaunches(context)).toBe(true);
    }));

  test("one generator's claim is ignored while another user's run gets responses, not its own", () =>
    withContext(ROOM, async (context) => {
      const liar = newId();
      const own = await start(context, liar);
      await isAnswered(context, own);
      const id = await start(context, liar);
      const honest = await start(context, newId());
      await isAnswered(context, honest);
      await meets(context, id, "model_credential");
      expect((await readPlatform(context)).modelFault).toBeUndefined();
      const row = await rowOf(context, id);
      expect(row).toMatchObject({ state: "queued", waits: 1 });
      expect(row.availableAt.getTime()).toBeGreaterThan(context.now().getTime());
      context.advance(3 * MINUTE_MS);
      const pause = { code: "model_credential", ownerId: liar, at: context.now(), probeMs: 1_000 } as const;
      expect(await pauseLaunches(context.database.orm, pause)).toBe(true);
    }));

  test("the operator ends the pause, and a restart lets a run through at once", () =>
    withContext(ROOM, async (context) => {
      const id = await start(context, newId());
      await meets(context, id, "model_unknown");
      await probeAtStart(context);
      expect(await claim(context, 5)).toMatchObject([{ generationId: id, number: 2 }]);
      await meets(context, id, "model_unknown");
      expect(await claim(context, 5)).toEqual([]);
      expect((await setLaunchesPaused(context, false)).modelFault).toBeUndefined();
      expect(await claim(context, 5)).toMatchObject([{ generationId: id, number: 3 }]);
    }));
});

describe("with generators and two orchestrators", () => {
  const connect = async (leo: TestOrchestrator, generationId: string, attempt: number) => {
    const task = await leo.task(generationId, attempt);
    const generator = await openGeneratorSocket(task.url, task.token);
    generator.send({ type: "ready", protocol: 1, started: false });
    return { task, generator, work: await generator.first("start_generation") };
  };

  test("a usage limit: the run waits until its reset, people are told, and it goes on from its checkpoint", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock }, async (leo) => {
      const generation = await leo.submit();
      const { task, generator } = await connect(leo, generation.id, 1);
      const s3 = new S3Client(leo.bucket.clientConfig);
      const Key = checkpointKey(attemptPrefix(generation.appId, generation.id, 1), 1);
      await s3.send(new PutObjectCommand({ Bucket: leo.bucket.bucket, Key, Body: "state" }));
      s3.destroy();
      const retryAt = new Date(Date.now() + 2 * HOUR_MS).toISOString();
      const cause = { ...failure("model_limit"), message: "Buy more at example.org." };
      generator.send({
        type: "messages",
        messages: [usage(1, 1), { n: 2, type: "all_work_complete", failure: cause, retryAt }],
      });
      const queued = await leo.reaches(generation.id, "queued");
      task.exit(0);
      expect(queued.waiting?.message).toBe(WAITS.model_limit?.message);
      expect(Math.abs(Date.parse(queued.waiting?.until ?? "") - Date.parse(retryAt))).toBeLessThan(1_000);
      expect(queued.queuePosition).toBeUndefined();
      const events = await leo.events(generation.id);
      expect(events.findLast(({ type }) => type === "state_changed")).toMatchObject({
        state: "queued",
        waiting: queued.waiting,
      });
      expect(JSON.stringify(events)).not.toContain("example.org");
      clock.aheadMs += 2 * HOUR_MS + MINUTE_MS;
      const { work } = await connect(leo, generation.id, 2);
      expect(work).toMatchObject({ attempt: 2, previous: { kind: "checkpoint" } });
      expect((await leo.generation(generation.id)).waiting).toBeUndefined();
    });
  });

  test("a rejected credential: no further run starts until one that is let through has an answer", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock, settings: { LEO_WATCH_INTERVAL_MS: "50" } }, async (leo) => {
      await leo.startAnother();
      const generation = await leo.submit();
      const { task, generator } = await connect(leo, generation.id, 1);
      generator.send({
        type: "messages",
        messages: [{ n: 1, type: "all_work_complete", failure: failure("model_credential") }],
      });
      await leo.reaches(generation.id, "queued");
      task.exit(0);
      const bob = await leo.anotherUser();
      const waiting = [await bob.submit(), await bob.submit(), await bob.submit()];
      clock.aheadMs += 3 * MINUTE_MS;
      const started = () => leo.heldTasks.filter(({ generationId }) => generationId !== generation.id);
      await expect.poll(() => started().length, { timeout: 60_000 }).toBe(1);
      const probeId = started()[0]?.generationId ?? "";
      const rest = waiting.filter(({ id }) => id !== probeId);
      for (const { id } of rest) {
        const seen = await bob.generation(id);
        expect(seen).toMatchObject({ state: "queued", waiting: { code: "model_credential" } });
      }
      const probe = await connect(leo, probeId, 1);
      probe.generator.send({ type: "messages", messages: [usage(1, 0.01)] });
      await leo.task(rest[0]?.id ?? "");
      await leo.task(rest[1]?.id ?? "");
      await leo.task(generation.id, 2);
      expect((await leo.generation(generation.id)).waiting).toBeUndefined();
    });
  });
});
