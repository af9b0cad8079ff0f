import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { listUsers, resumeUser, setUserLimits, suspendUser } from "../src/domain/account.ts";
import { readPlatform, setIntake, setPlatformBudget } from "../src/domain/platform.ts";
import { submitAs, withContext } from "./support/context.ts";

test("an operator gives a user limits of their own, suspends and resumes them", () =>
  withContext({}, async (context) => {
    const ownerId = newId();
    await submitAs(context, ownerId, { prompt: "a todo list" });
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
      dayBudgetUsd: 500,
      today: { spentUsd: 0, reservedUsd: 0, generations: 0 },
    });
    expect(await setIntake(context, { open: false, message: "Back at noon." })).toMatchObject({
      intakeOpen: false,
      intakeMessage: "Back at noon.",
    });
    const ask = () => submitAs(context, newId(), { prompt: "a todo list" });
    await expect(ask()).rejects.toMatchObject({ code: "unavailable", message: "Back at noon." });
    expect(await setPlatformBudget(context, 5)).toMatchObject({ dayBudgetUsd: 5, intakeOpen: false });
    await setIntake(context, { open: true });
    await ask();
    await expect(ask()).rejects.toMatchObject({
      details: { limit: "usd_per_platform_day", max: 5, current: 5 },
    });
    expect((await setPlatformBudget(context, null)).dayBudgetUsd).toBe(500);
    await ask();
  }));
