import { describe, expect, test } from "vitest";
import { failure } from "@leo/core/failure.ts";
import { newId } from "@leo/core/id.ts";
import type { LimitDetails } from "@leo/core/limit-refusal.ts";
import type { ApiFault } from "../../src/fault.ts";
import { userContext } from "../../src/app-context.ts";
import { listUsers, resumeUser, setUserLimits, suspendUser } from "../../src/account/account.ts";
import { readPlatform, setIntake, setPlatformBudget } from "../../src/limits/platform.ts";
import { readGeneration } from "../../src/generation/view.ts";
import { readAnyGeneration } from "../../src/admin/generations.ts";
import { platformDay, repairLedger, userDay } from "../../src/limits/ledger.ts";
import { transition } from "../../src/generation/transition.ts";
import { claim } from "../../src/generation/claim.ts";
import type { TestContext } from "../support/context.ts";
import { openTestDatabase } from "../support/database.ts";
import { ask, DAY_MS, entriesOf, spend, start, withContext } from "../support/money.ts";

describe("many submissions at once, through two orchestrators", () => {
  const submitMany = async (context: TestContext, owners: string[]) => {
    const other = openTestDatabase(context.config.DATABASE_URL);
    const otherContext = { ...context, database: other };
    const results = await Promise.allSettled(
      owners.map((owner, index) => ask(index % 2 === 0 ? context : otherContext, owner)),
    );
    await other.close();
    const refused = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as ApiFault] : [],
    );
    return { taken: owners.length - refused.length, refused };
  };
  const limitOf = ({ details }: ApiFault) => (details as LimitDetails).limit;

  test("never take more of a user's day than there is", () =>
    withContext({ LEO_USER_DAY_BUDGET_USD: "36", LEO_QUEUED_PER_USER: "100" }, async (context) => {
      const owner = newId();
      const { taken, refused } = await submitMany(
        context,
        Array.from({ length: 40 }, () => owner),
      );
      expect(taken).toBe(7);
      expect(new Set(refused.map(limitOf))).toEqual(new Set(["usd_per_user_day"]));
      expect(await userDay(context.database.orm, owner, context.now())).toEqual({
        spentUsd: 0,
        reservedUsd: 35,
        generations: 7,
      });
    }));

  test("never reserve more than the platform's day, whoever the users are", () =>
    withContext({ LEO_PLATFORM_DAY_BUDGET_USD: "62" }, async (context) => {
      const { taken, refused } = await submitMany(
        context,
        Array.from({ length: 40 }, () => newId()),
      );
      expect(taken).toBe(12);
      expect(new Set(refused.map(limitOf))).toEqual(new Set(["usd_per_platform_day"]));
      expect(await platformDay(context.database.orm, context.now())).toMatchObject({ reservedUsd: 60 });
    }));

  test("never take more requests than a user may have in the queue or in a day", () =>
    withContext({ LEO_QUEUED_PER_USER: "4", LEO_GENERATIONS_PER_DAY: "3" }, async (context) => {
      const [one, other] = [newId(), newId()];
      await setUserLimits(context, other, { generationsPerDay: 50 });
      const owners = Array.from({ length: 30 }, (_, index) => (index % 4 < 2 ? one : other));
      const { taken, refused } = await submitMany(context, owners);
      expect(taken).toBe(7);
      expect(new Set(refused.map(limitOf))).toEqual(new Set(["generations_per_day", "queued_per_user"]));
    }));
});

test("a fault of the platform costs the user nothing, and the next attempt may spend all of the budget", () =>
  withContext({ LEO_VCPU_BUDGET: "400" }, async (context) => {
    const owner = newId();
    const id = await start(context, owner);
    await spend(context, id, 1.5);
    await transition(
      context,
      id,
      { type: "attempt_failed", failure: failure("interrupted"), retry: true, isPlatformFault: true },
      1,
    );
    expect(await entriesOf(context, id)).toEqual([
      { attempt: 1, reserved: 5, cost: 1.5, charged: 0 },
      { attempt: 2, reserved: 5, cost: null, charged: null },
    ]);
    context.advance(2_000);
    await claim(context, 1);
    await spend(context, id, 0.75);
    await transition(context, id, { type: "work_complete" }, 2);
    await transition(context, id, { type: "version_saved" }, 2);
    expect((await entriesOf(context, id))[1]).toEqual({ attempt: 2, reserved: 5, cost: 0.75, charged: 0.75 });
    expect(await userDay(context.database.orm, owner, context.now())).toMatchObject({
      spentUsd: 0.75,
      generations: 1,
    });
    // The operator pays for both.
    expect(await platformDay(context.database.orm, context.now())).toMatchObject({ spentUsd: 2.25 });
  }));

test("users pay for the agent's failures and cancelled runs, and never more than the budget", () =>
  withContext({ LEO_VCPU_BUDGET: "400", LEO_RUNNING_PER_USER: "9" }, async (context) => {
    const owner = newId();
    const failed = await start(context, owner);
    await spend(context, failed, 1);
    await transition(context, failed, { type: "work_complete", failure: failure("agent_error") }, 1);
    const cancelled = await start(context, owner);
    await spend(context, cancelled, 0.25);
    await transition(context, cancelled, { type: "cancel_requested" });
    await transition(context, cancelled, { type: "task_gone" }, 1);
    const over = await start(context, owner);
    await spend(context, over, 5.1);
    await transition(context, over, { type: "work_complete", failure: failure("budget") }, 1);
    const queued = await ask(context, owner);
    await transition(context, queued, { type: "cancel_requested" });
    const charged = await Promise.all([failed, cancelled, over, queued].map((id) => entriesOf(context, id)));
    expect(charged.flat().map((entry) => entry.charged)).toEqual([1, 0.25, 5, 0]);
    expect(await userDay(context.database.orm, owner, context.now())).toMatchObject({
      spentUsd: 6.25,
      reservedUsd: 0,
    });
  }));

test("a run counts on the day of its request, also when it ends on the next", () =>
  withContext({}, async (context) => {
    const owner = newId();
    const asked = context.now();
    const id = await start(context, owner);
    context.advance(DAY_MS);
    await spend(context, id, 2);
    await transition(context, id, { type: "work_complete", failure: failure("agent_error") }, 1);
    expect(await userDay(context.database.orm, owner, asked)).toMatchObject({ spentUsd: 2 });
    expect(await userDay(context.database.orm, owner, context.now())).toMatchObject({
      spentUsd: 0,
      reservedUsd: 0,
    });
  }));

test("generations at work without an entry, as after a restored database, get one", () =>
  withContext({}, async (context) => {
    const owner = newId();
    const id = await start(context, owner);
    await context.database.pool.query("delete from leo.ledger");
    expect(await repairLedger(context)).toBe(1);
    expect(await entriesOf(context, id)).toEqual([{ attempt: 1, reserved: 5, cost: null, charged: null }]);
    expect(await repairLedger(context)).toBe(0);
  }));

test("an operator gives a user limits of their own, suspends and resumes them", () =>
  withContext({}, async (context) => {
    const ownerId = newId();
    await ask(context, ownerId);
    expect(await setUserLimits(context, ownerId, { dayBudgetUsd: 7, queuedPerUser: 2 })).toMatchObject({
      limits: { dayBudgetUsd: 7, queuedPerUser: 2, runningPerUser: 3 },
      own: ["queuedPerUser", "dayBudgetUsd"],
      queued: 1,
      today: { spentUsd: 0, reservedUsd: 5, generations: 1 },
    });
    expect(await setUserLimits(context, ownerId, { dayBudgetUsd: null })).toMatchObject({
      limits: { dayBudgetUsd: 100, queuedPerUser: 2 },
      own: ["queuedPerUser"],
    });
    const suspended = await suspendUser(context, ownerId, "Too many complaints.");
    expect(suspended.suspended?.reason).toBe("Too many complaints.");
    expect((await listUsers(context, { suspended: true, limit: 10 })).map(({ id }) => id)).toEqual([ownerId]);
    expect((await resumeUser(context, ownerId)).suspended).toBeUndefined();
    expect(await listUsers(context, { suspended: true, limit: 10 })).toEqual([]);
    expect((await listUsers(context, { search: ownerId, limit: 10 })).map(({ id }) => id)).toEqual([ownerId]);
  }));

test("an operator closes the intake and changes the day's budget", () =>
  withContext({}, async (context) => {
    expect(await readPlatform(context)).toEqual({
      intakeOpen: true,
      launchesPaused: false,
      dayBudgetSettingUsd: 500,
      dayBudgetUsd: 500,
      today: { spentUsd: 0, chargedUsd: 0, reservedUsd: 0, generations: 0 },
    });
    expect(await setIntake(context, { open: false, message: "Back at noon." })).toMatchObject({
      intakeOpen: false,
      intakeMessage: "Back at noon.",
    });
    await expect(ask(context, newId())).rejects.toMatchObject({
      code: "unavailable",
      message: "Back at noon.",
    });
    expect(await setPlatformBudget(context, 5)).toMatchObject({ dayBudgetUsd: 5, intakeOpen: false });
    await setIntake(context, { open: true });
    await ask(context, newId());
    await expect(ask(context, newId())).rejects.toMatchObject({
      details: { limit: "usd_per_platform_day", max: 5, current: 5 },
    });
    expect((await setPlatformBudget(context, null)).dayBudgetUsd).toBe(500);
    await ask(context, newId());
  }));

test("a run, its user's day and the operator's pages name one amount, which never passes the run's limit", () =>
  withContext({ LEO_VCPU_BUDGET: "400" }, async (context) => {
    const owner = newId();
    const id = await start(context, owner);
    const shown = async () => {
      const { chargedUsd } = await readGeneration(userContext(context, owner), id);
      expect((await readAnyGeneration(context, id)).chargedUsd).toBe(chargedUsd);
      return chargedUsd;
    };
    expect(await shown()).toBe(0);
    await spend(context, id, 1.25);
    expect(await shown()).toBe(1.25);
    await transition(
      context,
      id,
      { type: "attempt_failed", failure: failure("interrupted"), retry: true, isPlatformFault: true },
      1,
    );
    expect(await shown()).toBe(0);
    context.advance(2_000);
    await claim(context, 1);
    await spend(context, id, 8.219384999999999);
    expect(await shown()).toBe(5);
    await transition(context, id, { type: "work_complete", failure: failure("budget") }, 2);
    expect(await shown()).toBe(5);
    expect((await userDay(context.database.orm, owner, context.now())).spentUsd).toBe(5);
    expect((await platformDay(context.database.orm, context.now())).chargedUsd).toBe(5);
  }));
