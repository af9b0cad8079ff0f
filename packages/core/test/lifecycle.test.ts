import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAILURES, failure, FailureCode } from "../src/failure.ts";
import { GenerationState, isFinal } from "../src/generation.ts";
import {
  decide,
  TRANSITIONS,
  type Decision,
  type GenerationStatus,
  type LifecycleInput,
} from "../src/lifecycle.ts";

const anyFailure = fc.constantFrom(...FailureCode.options).map((code) => failure(code));
const anyInput: fc.Arbitrary<LifecycleInput> = fc.oneof(
  fc.constantFrom<LifecycleInput>(
    { type: "claimed" },
    { type: "launch_deferred", retryInMs: 30_000 },
    { type: "ready" },
    { type: "version_saved" },
    { type: "answered" },
    { type: "cancel_requested" },
    { type: "task_gone" },
    { type: "queue_expired" },
  ),
  fc.record({
    type: fc.constant("work_complete" as const),
    failure: fc.option(anyFailure, { nil: undefined }),
  }),
  fc.record({
    type: fc.constant("attempt_failed" as const),
    failure: anyFailure,
    retry: fc.boolean(),
    isPlatformFault: fc.boolean(),
  }),
);

/** Carries decisions out the way the orchestrator's SQL does. */
const step = (status: GenerationStatus, input: LifecycleInput): GenerationStatus => {
  const decision = decide(status, input);
  if (!decision) return status;
  const { state, attempt, maxAttempts, cancelRequested, wait } = decision;
  return { ...status, state, attempt, maxAttempts, cancelRequested, waits: wait?.waits ?? status.waits ?? 0 };
};

const queued: GenerationStatus = { state: "queued", attempt: 0, maxAttempts: 2, cancelRequested: false };

describe("any sequence of inputs", () => {
  test("never leaves a final state and never uses more attempts than allowed", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), (inputs) => {
        let status = queued;
        for (const input of inputs) {
          const next = step(status, input);
          if (isFinal(status.state)) expect(next).toEqual(status);
          expect(next.attempt).toBeGreaterThanOrEqual(0);
          expect(next.attempt).toBeLessThanOrEqual(status.maxAttempts);
          expect(next.maxAttempts).toBeLessThanOrEqual(2 + (next.waits ?? 0));
          status = next;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  /** Calls back with each decision that a sequence of inputs leads to. */
  const forEachDecision = (check: (decision: Decision, status: GenerationStatus) => void) =>
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), (inputs) => {
        let status = queued;
        for (const input of inputs) {
          const decision = decide(status, input);
          if (decision) check(decision, status);
          status = step(status, input);
        }
      }),
      { numRuns: 2_000 },
    );

  test("fails only with a failure, and waits only in the queue", () => {
    forEachDecision(({ state, failure: cause, wait, pause }) => {
      expect(cause !== undefined).toBe(state === "failed");
      expect(wait !== undefined).toBe(state === "queued");
      if (pause) expect(wait?.code).toBe(pause.code);
    });
  });

  test("settles the money, returns the messages and records the files at the end, and only then", () => {
    forEachDecision(({ state, money, messages, files }) => {
      expect(money.do === "settle").toBe(isFinal(state));
      expect(messages === "return").toBe(isFinal(state));
      expect(files === "record").toBe(isFinal(state));
    });
  });

  test("reserves money for a new attempt exactly when one was used up and another follows", () => {
    forEachDecision(({ state, attempt, money }, before) => {
      const followsAnother = state === "queued" && before.state !== "queued" && attempt === before.attempt;
      expect(money.do === "carry_over").toBe(followsAnother);
    });
  });

  test("a cancel that was asked for never ends as completed, unless it was already finalizing", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), (inputs) => {
        let status = queued;
        for (const input of inputs) {
          const wasFinalizing = status.state === "finalizing";
          status = step(status, input);
          if (status.cancelRequested && !wasFinalizing) expect(status.state).not.toBe("completed");
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("every state that is not final can still reach a final one", () => {
    const ends = (status: GenerationStatus): GenerationState => {
      const cancelled = step(status, { type: "cancel_requested" });
      const gone = step(cancelled, { type: "task_gone" });
      return step(gone, { type: "version_saved" }).state;
    };
    for (const state of GenerationState.options)
      expect(isFinal(ends({ ...queued, attempt: 1, state }))).toBe(true);
  });
});

test("a whole run goes queued, starting, running, finalizing, completed", () => {
  const inputs: LifecycleInput[] = [
    { type: "claimed" },
    { type: "ready" },
    { type: "work_complete" },
    { type: "version_saved" },
  ];
  const states: GenerationState[] = [];
  let status = queued;
  for (const input of inputs) {
    status = step(status, input);
    states.push(status.state);
  }
  expect(states).toEqual(["starting", "running", "finalizing", "completed"]);
});

test("a run that changed nothing ends as answered, and only once what it uploaded was looked at", () => {
  const running = { ...queued, state: "running" as const, attempt: 1 };
  expect(decide(running, { type: "answered" })).toBeUndefined();
  const checked = step(running, { type: "work_complete" });
  expect(decide(checked, { type: "answered" })).toMatchObject({ state: "answered", next: "nothing" });
});

test("a platform fault leads to one new attempt, then fails with its own code", () => {
  const lost: LifecycleInput = { type: "attempt_failed", failure: failure("heartbeat_lost"), retry: true };
  const first = step(step(step(queued, { type: "claimed" }), { type: "ready" }), lost);
  expect(first).toMatchObject({ state: "queued", attempt: 1 });
  const second = step(step(first, { type: "claimed" }), { type: "ready" });
  expect(decide(second, lost)).toMatchObject({ state: "failed", failure: { code: "heartbeat_lost" } });
});

test("an error of the user's request is not tried again", () => {
  const running = { ...queued, state: "running" as const, attempt: 1 };
  const input: LifecycleInput = { type: "work_complete", failure: failure("budget") };
  expect(decide(running, input)).toMatchObject({ state: "failed", failure: { code: "budget" } });
});

test("a run that has spent its budget gets no new attempt", () => {
  const running = { ...queued, state: "running" as const, attempt: 1, isSpent: true };
  const input: LifecycleInput = { type: "attempt_failed", failure: failure("interrupted"), retry: true };
  expect(decide(running, input)).toMatchObject({ state: "failed", failure: { code: "interrupted" } });
});

test("a repeated cancel asks the generator once", () => {
  const running = { ...queued, state: "running" as const, attempt: 1 };
  expect(decide(running, { type: "cancel_requested" })).toMatchObject({
    state: "running",
    cancelRequested: true,
    next: "stop",
  });
  expect(decide({ ...running, cancelRequested: true }, { type: "cancel_requested" })).toBeUndefined();
});

test("the table names every state, and final states have no way out", () => {
  expect(Object.keys(TRANSITIONS).toSorted()).toEqual(GenerationState.options.toSorted());
  for (const state of GenerationState.options.filter(isFinal)) expect(TRANSITIONS[state]).toEqual({});
});

test("every failure code has a sentence that says what to do", () => {
  for (const code of FailureCode.options) {
    expect(FAILURES[code].message).toMatch(/^[A-Z].+\..+\.$/);
  }
});

test("each end and each step of a run says what comes next", () => {
  const running = { ...queued, state: "running" as const, attempt: 1 };
  const next = (status: GenerationStatus, input: LifecycleInput) => decide(status, input)?.next;
  expect(next(queued, { type: "claimed" })).toBe("launch");
  expect(next(running, { type: "work_complete" })).toBe("finalize");
  expect(next({ ...running, state: "finalizing" }, { type: "version_saved" })).toBe("push");
  expect(next(running, { type: "work_complete", failure: failure("budget") })).toBe("save_draft");
  expect(next(queued, { type: "cancel_requested" })).toBe("nothing");
  expect(next({ ...queued, attempt: 1 }, { type: "cancel_requested" })).toBe("save_draft");
});

test("the fault with which an attempt ends goes with the money, whether the run ends or goes on", () => {
  const running = { ...queued, state: "running" as const, attempt: 1, fault: "platform" as const };
  const lost = (retry: boolean): LifecycleInput => ({
    type: "attempt_failed",
    failure: failure("interrupted"),
    retry,
  });
  expect(decide(running, lost(true))?.money).toEqual({ do: "carry_over", fault: "platform" });
  expect(decide(running, lost(false))?.money).toEqual({ do: "settle", fault: "platform" });
});

test("a fault that only the operator can mend asks for a pause, during which the wait does not count", () => {
  const running = { ...queued, state: "running" as const, attempt: 1, waits: 3 };
  const decision = decide(running, { type: "work_complete", failure: failure("model_credential") });
  expect(decision).toMatchObject({
    state: "queued",
    maxAttempts: 3,
    wait: { code: "model_credential", delayMs: 480_000, waits: 4 },
    pause: { code: "model_credential", delayMs: 0, waits: 3 },
  });
});
