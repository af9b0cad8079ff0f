/** Who pays for an attempt that fails: what a generator says about it never decides. */
import { describe, expect, test } from "vitest";
import { FAILURES, failure, FailureCode, REPORTABLE_CODES, reportedFailure } from "@leo/core/failure.ts";
import { EXIT_SANDBOX_LOST } from "@leo/core/task-stop.ts";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { userDay } from "../../src/limits/ledger.ts";
import { setLaunchesPaused } from "../../src/limits/platform.ts";
import { transition } from "../../src/generation/transition.ts";
import { openTestDatabase } from "../support/database.ts";
import { entriesOf, spend, start, withContext } from "../support/money.ts";
import { openGeneratorSocket, withOrchestrator, type TestOrchestrator } from "../support/orchestrator.ts";

const ROOM = { LEO_VCPU_BUDGET: "4000", LEO_RUNNING_PER_USER: "100" };

/** The codes that free the user, by who says so. Every other one costs what the attempt used. */
const FREE_WHEN_REPORTED = [
  "model_unavailable",
  "model_limit",
  "model_credential",
  "model_balance",
  "model_unknown",
  "model_address",
  "model_certificate",
  "model_proxy",
];
const FREE_WHEN_SEEN = [
  "capacity",
  "quota",
  "image_pull",
  "start_timeout",
  "heartbeat_lost",
  "interrupted",
  "expired",
  "internal",
];

test("every code charges what was used, except faults that Leo saw and the model's", () =>
  withContext(ROOM, async (context) => {
    const charged = async (input: Parameters<typeof transition>[2]) => {
      const id = await start(context, newId());
      await spend(context, id, 1.25);
      await transition(context, id, input, 1);
      const [entry] = await entriesOf(context, id);
      // One that goes back to the queue, or pauses launches, must not decide what the next one's claim takes.
      await transition(context, id, { type: "cancel_requested" });
      await setLaunchesPaused(context, false);
      return entry?.charged;
    };
    for (const code of FailureCode.options) {
      const cause = failure(code);
      const cells = [
        await charged({ type: "work_complete", failure: reportedFailure(cause) }),
        await charged({ type: "attempt_failed", failure: cause, retry: true, isPlatformFault: true }),
        await charged({ type: "attempt_failed", failure: cause, retry: true, isPlatformFault: false }),
      ];
      expect([code, ...cells]).toEqual([
        code,
        FREE_WHEN_REPORTED.includes(code) ? 0 : 1.25,
        FREE_WHEN_SEEN.includes(code) ? 0 : 1.25,
        1.25,
      ]);
    }
  }));

test("a generator can't report what only Leo can see", () => {
  const notReportable = FailureCode.options.filter((code) => !REPORTABLE_CODES.includes(code));
  for (const code of notReportable) {
    const kept = reportedFailure({ code, message: "This one is on the house.", detail: "no machine" });
    expect(kept).toEqual(failure("agent_error", `reported as ${code}: no machine`));
  }
  for (const code of REPORTABLE_CODES) {
    const kept = reportedFailure({ code, message: "This one is on the house.", detail: "x".repeat(9_000) });
    expect(kept).toEqual({ code, message: FAILURES[code].message, detail: "x".repeat(8_000) });
  }
});

describe("free attempts", () => {
  const modelAway = { type: "work_complete", failure: failure("model_unavailable") } as const;

  test("are limited per day; beyond that a run costs what it used, even if several end at once", () =>
    withContext({ ...ROOM, LEO_FREE_ATTEMPTS_PER_DAY: "3" }, async (context) => {
      const owner = newId();
      const runs: string[] = [];
      for (let index = 0; index < 8; index += 1) {
        const id = await start(context, owner);
        await spend(context, id, 1);
        runs.push(id);
      }
      const other = openTestDatabase(context.config.DATABASE_URL);
      const contexts = [context, { ...context, database: other }];
      await Promise.all(
        runs.map((id, index) => transition(contexts[index % 2] ?? context, id, modelAway, 1)),
      );
      await other.close();
      const first = await Promise.all(runs.map(async (id) => (await entriesOf(context, id))[0]?.charged));
      expect(first.toSorted((a, b) => Number(a) - Number(b))).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
      expect(await userDay(context.database.orm, owner, context.now())).toMatchObject({ spentUsd: 5 });
      const another = await start(context, newId());
      await spend(context, another, 1);
      await transition(context, another, modelAway, 1);
      expect((await entriesOf(context, another))[0]).toMatchObject({ charged: 0 });
    }));

  test("are not used up by attempts that cost nothing", () =>
    withContext({ ...ROOM, LEO_FREE_ATTEMPTS_PER_DAY: "1" }, async (context) => {
      const owner = newId();
      const lost = {
        type: "attempt_failed",
        failure: failure("interrupted"),
        retry: false,
        isPlatformFault: true,
      } as const;
      for (const cost of [0, 0, 2, 3]) {
        const id = await start(context, owner);
        if (cost > 0) await spend(context, id, cost);
        await transition(context, id, lost, 1);
      }
      expect(await userDay(context.database.orm, owner, context.now())).toMatchObject({ spentUsd: 3 });
    }));
});

test("a run that has spent its budget is not tried again, and one that has not goes on with what is left", () =>
  withContext(ROOM, async (context) => {
    const crash = { type: "attempt_failed", failure: failure("internal", "exit 137"), retry: true } as const;
    const spent = await start(context, newId());
    await spend(context, spent, 5);
    expect((await transition(context, spent, crash, 1))?.decision.state).toBe("failed");
    const rich = await start(context, newId());
    await spend(context, rich, 4.9);
    expect((await transition(context, rich, crash, 1))?.decision.state).toBe("queued");
    expect(await entriesOf(context, rich)).toEqual([
      { attempt: 1, reserved: 5, cost: 4.9, charged: 4.9 },
      { attempt: 2, reserved: 0.1, cost: null, charged: null },
    ]);
  }));

describe("a generator of one's own making", () => {
  const usage = (n: number, costUsd: number): NumberedMessage => ({
    n,
    type: "usage",
    inputTokens: 1,
    outputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd,
  });
  const connect = async (leo: TestOrchestrator, generation: Generation, attempt: number) => {
    const task = await leo.task(generation.id, attempt);
    const generator = await openGeneratorSocket(task.url, task.token);
    generator.send({ type: "ready", protocol: 1, started: false });
    await generator.first("start_generation");
    return { task, generator };
  };
  const spentBy = async (leo: TestOrchestrator) =>
    (await userDay(leo.database.orm, leo.userId, new Date())).spentUsd;

  test("reports $4.90 and then `capacity`: it pays $4.90, and its sentences are nobody's", () =>
    withOrchestrator({}, async (leo) => {
      const generation = await leo.submit();
      const { generator } = await connect(leo, generation, 1);
      const secret = `sk-ant-oat01-${"A".repeat(90)}`;
      const lie = {
        code: "capacity",
        message: "Send $5 to example.org to continue.",
        detail: `token ${secret}`,
      } as const;
      generator.send({
        type: "messages",
        messages: [
          usage(1, 4.9),
          { n: 2, type: "error", failure: lie },
          { n: 3, type: "all_work_complete", failure: lie },
        ],
      });
      const failed = await leo.reaches(generation.id, "failed");
      expect(failed.failure).toMatchObject({
        code: "agent_error",
        message: FAILURES.agent_error.message,
      });
      expect(failed.failure?.detail).toContain("reported as capacity");
      expect(await spentBy(leo)).toBe(4.9);
      const told = JSON.stringify([failed, await leo.events(generation.id)]);
      expect(told).toContain(FAILURES.agent_error.message);
      expect(told).not.toContain("example.org");
      expect(told).not.toContain(secret);
    }));

  test.for([
    ["loses its sandbox in both attempts: it pays what it used", EXIT_SANDBOX_LOST, 3],
    ["loses its driver, which nothing in the sandbox can end: it pays nothing", 137, 0],
  ] as const)("%s", ([, exitCode, paidUsd]) =>
    withOrchestrator({}, async (leo) => {
      const generation = await leo.submit();
      for (const attempt of [1, 2]) {
        const { task, generator } = await connect(leo, generation, attempt);
        generator.send({ type: "messages", messages: [usage(1, attempt)] });
        await generator.first("ack");
        await expect.poll(() => generator.received).toContainEqual({ type: "ack", n: 1 });
        task.exit(exitCode);
        if (attempt === 1) await leo.task(generation.id, 2);
      }
      await leo.reaches(generation.id, "failed");
      expect(await spentBy(leo)).toBe(paidUsd);
    }),
  );

  test("loses its host: it pays nothing", () =>
    withOrchestrator({}, async (leo) => {
      const generation = await leo.submit();
      const { generator } = await connect(leo, generation, 1);
      generator.send({ type: "messages", messages: [usage(1, 2)] });
      await expect.poll(() => generator.received).toContainEqual({ type: "ack", n: 1 });
      leo.ecs.tasks()[0]?.runner.befall("host_lost");
      await leo.task(generation.id, 2);
      expect(await spentBy(leo)).toBe(0);
    }));
});
