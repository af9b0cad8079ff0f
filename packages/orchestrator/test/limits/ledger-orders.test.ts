/** The ledger against a model of it, over random orders of everything that touches it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { failure } from "@leo/core/failure.ts";
import { newId } from "@leo/core/id.ts";
import { tx } from "../../src/db/tx.ts";
import { ledger } from "../../src/db/schema.ts";
import { platformDay, repairLedger, settle, userDay } from "../../src/limits/ledger.ts";
import { transition } from "../../src/generation/transition.ts";
import { claim } from "../../src/generation/claim.ts";
import type { TestContext } from "../support/context.ts";
import { ask, spend, withContext } from "../support/money.ts";

const BUDGET = 1;
const USER_DAY = 4;
const PLATFORM_DAY = 7;

/** What the ledger must say of one generation; in cents, which are exact. */
interface Expected {
  owner: number;
  attempt: number;
  state: "queued" | "running" | "stopping" | "over" | "over_by_hand";
  reserved: number;
  cost: number;
  /** Of attempts that are settled. */
  charged: number;
  paid: number;
}

const Step = fc.record({
  kind: fc.constantFrom(
    "submit",
    "submit",
    "claim",
    "claim",
    "spend",
    "spend",
    "platform_fault",
    "killed",
    "agent_error",
    "complete",
    "cancel",
    "gone",
    "settle_again",
    "crash",
    "end_by_hand",
    "repair",
  ),
  pick: fc.nat(1_000),
  cents: fc.integer({ min: 0, max: 150 }),
});

const settled = (expected: Expected, isFree: boolean) => {
  expected.paid += expected.cost;
  if (!isFree) expected.charged += Math.min(expected.cost, expected.reserved);
};

const finish = (expected: Expected, isFree = false) => {
  settled(expected, isFree);
  Object.assign(expected, { state: "over", cost: 0, reserved: 0 });
};

const sumOf = (all: Iterable<Expected>, value: (one: Expected) => number) =>
  [...all].reduce((sum, one) => sum + value(one), 0);

const take = async (
  context: TestContext,
  owners: string[],
  all: Map<string, Expected>,
  { kind, pick, cents }: { kind: string; pick: number; cents: number },
) => {
  if (kind === "submit") {
    const owner = pick % owners.length;
    const mine = sumOf(
      [...all.values()].filter((one) => one.owner === owner),
      (one) => one.charged + one.reserved,
    );
    const everybodys = sumOf(all.values(), (one) => one.paid + one.reserved);
    const fits = mine + BUDGET * 100 <= USER_DAY * 100 && everybodys + BUDGET * 100 <= PLATFORM_DAY * 100;
    const id = await ask(context, owners[owner] ?? "").catch((cause: unknown) => {
      expect(cause).toMatchObject({ code: "limit_reached" });
      return undefined;
    });
    expect(id !== undefined).toBe(fits);
    if (id)
      all.set(id, {
        owner,
        attempt: 0,
        state: "queued",
        reserved: BUDGET * 100,
        cost: 0,
        charged: 0,
        paid: 0,
      });
    return;
  }
  if (kind === "claim") {
    context.advance(1_500);
    for (const { generationId } of await claim(context, 1)) {
      const expected = all.get(generationId);
      if (expected) Object.assign(expected, { state: "running", attempt: expected.attempt + 1 });
    }
    return;
  }
  if (kind === "repair") {
    await repairLedger(context);
    for (const expected of all.values()) if (expected.state === "over_by_hand") finish(expected);
    return;
  }
  const [id, expected] = [...all][pick % Math.max(1, all.size)] ?? [];
  if (!id || !expected) return;
  const { attempt } = expected;
  const isAtWork = expected.state === "running" || expected.state === "stopping";
  if (kind === "settle_again") {
    if (expected.state === "over") await settle(context.database.orm, id, context.now());
  } else if (kind === "crash") {
    const crash = tx(context, async () => {
      await transition(context, id, { type: "cancel_requested" });
      await transition(context, id, { type: "task_gone" });
      throw new Error("killed before the commit");
    });
    await expect(crash).rejects.toThrow("killed");
  } else if (kind === "cancel") {
    await transition(context, id, { type: "cancel_requested" });
    if (expected.state === "queued") finish(expected);
    else if (isAtWork) expected.state = "stopping";
  } else if (kind === "gone") {
    await transition(context, id, { type: "task_gone" }, attempt);
    if (expected.state === "stopping") finish(expected);
  } else if (kind === "platform_fault" || kind === "killed") {
    const isPlatformFault = kind === "platform_fault";
    const input = {
      type: "attempt_failed",
      failure: failure("interrupted"),
      retry: true,
      isPlatformFault,
    } as const;
    // Twice: what comes again changes nothing.
    await transition(context, id, input, attempt);
    await transition(context, id, input, attempt);
    if (!isAtWork) return;
    const left = isPlatformFault ? expected.reserved : expected.reserved - expected.cost;
    if (expected.state === "stopping" || attempt === 2 || left < 1) finish(expected, isPlatformFault);
    else {
      settled(expected, isPlatformFault);
      Object.assign(expected, { state: "queued", cost: 0, reserved: left });
    }
  } else if (expected.state !== "running") {
    return;
  } else if (kind === "spend") {
    expected.cost = cents;
    await spend(context, id, cents / 100);
  } else if (kind === "agent_error") {
    await transition(context, id, { type: "work_complete", failure: failure("agent_error") }, attempt);
    finish(expected);
  } else if (kind === "complete") {
    await transition(context, id, { type: "work_complete" }, attempt);
    await transition(context, id, { type: "version_saved" }, attempt);
    finish(expected);
  } else if (kind === "end_by_hand") {
    await context.database.pool.query(
      "update leo.generations set state = 'completed', finished_at = now() where id = $1",
      [id],
    );
    expected.state = "over_by_hand";
  }
};

test("nothing is negative, no user passes their day, and what is charged is what was settled", () =>
  withContext(
    {
      LEO_GENERATION_BUDGET_USD: String(BUDGET),
      LEO_USER_DAY_BUDGET_USD: String(USER_DAY),
      LEO_PLATFORM_DAY_BUDGET_USD: String(PLATFORM_DAY),
      LEO_VCPU_BUDGET: "4000",
      LEO_RUNNING_PER_USER: "100",
      LEO_FREE_ATTEMPTS_PER_DAY: "1000",
    },
    (context) =>
      fc.assert(
        fc.asyncProperty(fc.array(Step, { minLength: 10, maxLength: 40 }), async (steps) => {
          const { orm, pool } = context.database;
          await pool.query("delete from leo.ledger; delete from leo.apps");
          const owners = [newId(), newId(), newId()];
          const all = new Map<string, Expected>();
          for (const step of steps) await take(context, owners, all, step);
          for (const [owner, ownerId] of owners.entries()) {
            const mine = [...all.values()].filter((one) => one.owner === owner);
            const day = await userDay(orm, ownerId, context.now());
            expect(day.spentUsd).toBeCloseTo(sumOf(mine, (one) => one.charged) / 100, 6);
            expect(day.reservedUsd).toBeCloseTo(sumOf(mine, (one) => one.reserved) / 100, 6);
            expect(day.spentUsd + day.reservedUsd).toBeLessThanOrEqual(USER_DAY + 1e-9);
            expect(day.generations).toBe(mine.length);
          }
          const day = await platformDay(orm, context.now());
          expect(day.spentUsd).toBeCloseTo(sumOf(all.values(), (one) => one.paid) / 100, 6);
          const entries = await orm.select().from(ledger);
          for (const { reservedUsd, costUsd, chargedUsd } of entries)
            expect([reservedUsd, costUsd ?? 0, chargedUsd ?? 0].every((usd) => usd >= 0)).toBe(true);
        }),
        { numRuns: 15 },
      ),
  ));
