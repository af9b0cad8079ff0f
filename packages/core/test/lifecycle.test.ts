import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAILURES, failure, FailureCode } from "../src/failure.ts";
import { GenerationState, isFinal } from "../src/generation.ts";
import { decide, TRANSITIONS, type GenerationStatus, type LifecycleInput } from "../src/lifecycle.ts";

const anyFailure = fc.constantFrom(...FailureCode.options).map((code) => failure(code));
const anyInput: fc.Arbitrary<LifecycleInput> = fc.oneof(
  fc.constantFrom<LifecycleInput>(
    { type: "claimed" },
    { type: "launch_deferred" },
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
  const deferred = input.type === "launch_deferred" && decision.state === "queued";
  return {
    ...status,
    state: decision.state,
    attempt: status.attempt + (input.type === "claimed" ? 1 : 0) - (deferred ? 1 : 0),
    maxAttempts: status.maxAttempts + (decision.wait ? 1 : 0),
    waits: (status.waits ?? 0) + (decision.wait ? 1 : 0),
    cancelRequested: status.cancelRequested || input.type === "cancel_requested",
  };
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

  test("fails only with a failure, and a failure only comes with failed", () => {
    fc.assert(
      fc.property(fc.array(anyInput, { maxLength: 40 }), (inputs) => {
        let status = queued;
        for (const input of inputs) {
          const decision = decide(status, input);
          if (decision) expect(decision.state === "failed").toBe(decision.failure !== undefined);
          status = step(status, input);
        }
      }),
      { numRuns: 2_000 },
    );
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
  expect(decide(checked, { type: "answered" })).toEqual({ state: "answered", effects: [] });
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
  expect(decide(running, { type: "cancel_requested" })?.effects).toEqual([{ type: "send_cancel" }]);
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
