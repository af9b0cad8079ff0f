import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { attempts, events, generations } from "../../src/db/schema.ts";
import { resumeUser, setUserLimits, suspendUser } from "../../src/account/account.ts";
import { claim, hashAttemptToken } from "../../src/generation/claim.ts";
import { queuePositions } from "../../src/generation/queue-position.ts";
import { transition } from "../../src/generation/transition.ts";
import { endAttempt } from "../../src/generation/attempt.ts";
import { enqueue, withContext } from "../support/context.ts";

describe("claiming", () => {
  test("moves the row to starting, writes the attempt with its token's hash, and reports it as an event", () =>
    withContext({}, async (context) => {
      const id = await enqueue(context, newId());
      const [claimed] = await claim(context, 5);
      const [row] = await context.database.orm.select().from(generations).where(eq(generations.id, id));
      const [attempt] = await context.database.orm.select().from(attempts);
      const [event] = await context.database.orm.select().from(events);
      expect(row).toMatchObject({ state: "starting", attempt: 1, lastSeq: 1 });
      expect(attempt).toMatchObject({ id: claimed?.id, generationId: id, number: 1, vcpu: 4 });
      expect(attempt?.tokenHash).toBe(hashAttemptToken(claimed?.token ?? ""));
      expect(event).toMatchObject({ seq: 1, body: { type: "state_changed", state: "starting", attempt: 1 } });
    }));

  test("never goes over the account's vCPU budget, whoever claims at once", () =>
    withContext({ LEO_VCPU_BUDGET: "12" }, async (context) => {
      for (let user = 0; user < 10; user += 1) await enqueue(context, newId());
      const claims = await Promise.all(Array.from({ length: 8 }, () => claim(context, 5)));
      expect(claims.flat()).toHaveLength(3);
      expect(new Set(claims.flat().map(({ generationId }) => generationId)).size).toBe(3);
    }));

  test("a task that has not ended holds its vCPUs, whatever its generation's state", () =>
    withContext({ LEO_VCPU_BUDGET: "4" }, async (context) => {
      const first = await enqueue(context, newId());
      await enqueue(context, newId());
      const [attempt] = await claim(context, 5);
      await transition(context, first, { type: "ready" });
      await transition(context, first, { type: "work_complete" });
      await transition(context, first, { type: "version_saved" });
      expect(await claim(context, 5)).toEqual([]);
      if (attempt) await endAttempt(context.database.orm, attempt, "clean_exit", "", context.now());
      expect(await claim(context, 5)).toHaveLength(1);
    }));

  test("keeps each user within their own number of runs", () =>
    withContext({ LEO_VCPU_BUDGET: "400", LEO_RUNNING_PER_USER: "3" }, async (context) => {
      const user = newId();
      for (let count = 0; count < 5; count += 1) await enqueue(context, user);
      expect(await claim(context, 10)).toHaveLength(3);
      expect(await claim(context, 10)).toHaveLength(0);
    }));

  test("somebody with fifty queued generations does not delay another user's first", () =>
    withContext({ LEO_VCPU_BUDGET: "8" }, async (context) => {
      const [greedy, modest] = [newId(), newId()];
      const old = new Date(Date.now() - 60_000);
      for (let count = 0; count < 50; count += 1) await enqueue(context, greedy, { createdAt: old });
      const first = await enqueue(context, modest);
      const claimed = await claim(context, 10);
      expect(claimed).toHaveLength(2);
      expect(claimed.map(({ generationId }) => generationId)).toContain(first);
    }));

  test("starts nothing for a suspended user, and no more than a user's own limit allows", () =>
    withContext({ LEO_VCPU_BUDGET: "400" }, async (context) => {
      const [suspended, trusted] = [newId(), newId()];
      for (let count = 0; count < 6; count += 1) {
        await enqueue(context, suspended);
        await enqueue(context, trusted);
      }
      await suspendUser(context, suspended, "Under review.");
      await setUserLimits(context, trusted, { runningPerUser: 5 });
      expect(await claim(context, 20)).toHaveLength(5);
      expect(await queuePositions(context, suspended)).toEqual(new Map());
      expect([...(await queuePositions(context, trusted)).values()].map(({ position }) => position)).toEqual([
        1,
      ]);
      await resumeUser(context, suspended);
      expect(await claim(context, 20)).toHaveLength(3);
    }));

  test("leaves a row alone until it is available", () =>
    withContext({}, async (context) => {
      await enqueue(context, newId(), { availableAt: new Date(Date.now() + 60_000) });
      expect(await claim(context, 5)).toEqual([]);
      context.advance(61_000);
      expect(await claim(context, 5)).toHaveLength(1);
    }));
});

test("queue positions match the order in which claims are made", () =>
  withContext({ LEO_VCPU_BUDGET: "4" }, async (context) => {
    const [first, second] = [newId(), newId()];
    const at = (ageMs: number) => ({ createdAt: new Date(Date.now() - ageMs) });
    const mine = [await enqueue(context, first, at(5_000)), await enqueue(context, first, at(4_000))];
    const theirs = await enqueue(context, second, at(1_000));
    const [places, otherPlaces] = [
      await queuePositions(context, first),
      await queuePositions(context, second),
    ];
    expect(mine.map((id) => places.get(id)?.position)).toEqual([1, 3]);
    expect(otherPlaces.get(theirs)?.position).toBe(2);
    expect(places.has(theirs)).toBe(false);
    const starts = mine.map((id) => places.get(id)?.estimatedStartAt?.getTime() ?? 0);
    expect(starts[1]).toBeGreaterThan(starts[0] ?? 0);
  }));

test("a row's state follows the lifecycle even when two processes decide at once", () =>
  withContext({}, async (context) => {
    const id = await enqueue(context, newId());
    await claim(context, 1);
    const results = await Promise.all([
      transition(context, id, { type: "ready" }),
      transition(context, id, { type: "ready" }),
      transition(context, id, { type: "ready" }),
    ]);
    expect(results.filter(Boolean)).toHaveLength(1);
    const rows = await context.database.orm.select().from(events).orderBy(events.seq);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2]);
  }));
