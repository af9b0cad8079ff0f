/**
 * The generation's state machine: one pure function over (generation, input).
 *
 * States: queued → starting → running → finalizing → completed | answered | failed |
 * cancelled.
 * A state changes only here; SQL carries a decision out, guarded by `where state = …`, so of two
 * orchestrators with the same input one wins and the other finds nothing to do.
 */
import { FAILURES, failure, type Failure, type FailureCode } from "./failure.ts";
import { isFinal, type GenerationState } from "./generation.ts";
import { LIMITS } from "./limits.ts";
import { WAITS } from "./waiting.ts";

export interface GenerationStatus {
  state: GenerationState;
  /** Number of the current attempt; 0 before the first. */
  attempt: number;
  maxAttempts: number;
  cancelRequested: boolean;
  /** What its attempts have cost leaves nothing for another one. */
  isSpent?: boolean;
  /** How often it has waited for the model. */
  waits?: number;
  /** Since its request. */
  ageMs?: number;
  /** What it waits for in the queue. */
  waitCode?: FailureCode | null;
}

export type LifecycleInput =
  /** A place is free and the row was claimed. */
  | { type: "claimed" }
  /** RunTask had no place for it; it waits again without losing its attempt. */
  | { type: "launch_deferred" }
  /** The generator's task runs and said `ready`. */
  | { type: "ready" }
  /** `all_work_complete` was committed, or the manifest was found. The failure is what the generator reported. */
  | { type: "work_complete"; failure?: Failure; retryInMs?: number }
  /** The artifact was checked and recorded as a version. */
  | { type: "version_saved" }
  /** The artifact was checked and holds words only: the run changed no file. */
  | { type: "answered" }
  /**
   * The attempt is over without a result; `retry` says whether a new one may help, `isPlatformFault` that
   * Leo itself has seen the platform fail.
   */
  | { type: "attempt_failed"; failure: Failure; retry: boolean; isPlatformFault?: boolean }
  | { type: "cancel_requested" }
  /** The task of a cancelled generation is gone, or never was. */
  | { type: "task_gone" }
  | { type: "queue_expired" };

export interface Decision {
  state: GenerationState;
  failure?: Failure;
  /** It waits in the queue for the model. The attempt that has met the model's fault does not count. */
  wait?: Wait;
  /** What the orchestrator does once the decision is committed. */
  effects: Effect[];
}

export interface Wait {
  code: FailureCode;
  durationMs: number;
  /** Until somebody mends it, no other run could get further. */
  pausesLaunches: boolean;
}

export type Effect =
  /** Start an attempt with this number. */
  | { type: "launch"; attempt: number }
  /** Ask the generator to stop; StopTask follows after the grace time. */
  | { type: "send_cancel" }
  /** Check the manifest, record the version or the answer, push to GitHub if asked. */
  | { type: "finalize" };

type Rule = (status: GenerationStatus, input: never) => Decision | undefined;
type Rules = {
  [Type in LifecycleInput["type"]]?: (
    status: GenerationStatus,
    input: Extract<LifecycleInput, { type: Type }>,
  ) => Decision | undefined;
};

const to = (
  state: GenerationState,
  options: Omit<Decision, "state" | "effects"> & { effects?: Effect[] } = {},
): Decision => ({
  state,
  effects: [],
  ...options,
});

const attemptFailed: NonNullable<Rules["attempt_failed"]> = (status, input) => {
  if (status.cancelRequested) return to("cancelled");
  if (input.retry && status.attempt < status.maxAttempts && !status.isSpent) return to("queued");
  return to("failed", { failure: input.failure });
};

/** The pause before a run asks the model again, when nobody knows how long it will take. */
const backoffMs = (waits: number) => Math.min(LIMITS.modelWaitMinMs * 2 ** waits, LIMITS.modelWaitMaxMs);

/** What a run waits for that has met a fault of the model; undefined when it waits no longer, or has no money to go on. */
const waitFor = (status: GenerationStatus, code: FailureCode, retryInMs?: number): Wait | undefined => {
  const kind = WAITS[code];
  const { waits = 0, ageMs = 0 } = status;
  if (!kind || status.isSpent) return undefined;
  const pausesLaunches = kind.for === "operator";
  if (waits >= LIMITS.modelWaitsMax && !pausesLaunches) return undefined;
  const isTimed = !pausesLaunches && retryInMs !== undefined;
  const durationMs = isTimed ? Math.max(retryInMs, LIMITS.modelWaitMinMs) : backoffMs(waits);
  if (ageMs + durationMs > LIMITS.queueExpiryMs) return undefined;
  return { code, durationMs, pausesLaunches };
};

const workComplete: NonNullable<Rules["work_complete"]> = (status, input) => {
  if (status.cancelRequested) return undefined;
  if (!input.failure) return to("finalizing", { effects: [{ type: "finalize" }] });
  const wait = waitFor(status, input.failure.code, input.retryInMs);
  if (wait) return to("queued", { wait });
  return attemptFailed(status, {
    type: "attempt_failed",
    failure: input.failure,
    retry: FAILURES[input.failure.code].retryable,
  });
};

const stopping: NonNullable<Rules["cancel_requested"]> = (status) =>
  status.cancelRequested ? undefined : to(status.state, { effects: [{ type: "send_cancel" }] });

const gone: NonNullable<Rules["task_gone"]> = (status) =>
  status.cancelRequested ? to("cancelled") : undefined;

/** What each state does with each input. An input without a rule changes nothing. */
export const TRANSITIONS: Record<GenerationState, Rules> = {
  queued: {
    claimed: (status) => to("starting", { effects: [{ type: "launch", attempt: status.attempt + 1 }] }),
    cancel_requested: () => to("cancelled"),
    queue_expired: ({ waitCode }) => to("failed", { failure: failure(waitCode ?? "expired") }),
  },
  starting: {
    launch_deferred: (status) => (status.cancelRequested ? to("cancelled") : to("queued")),
    ready: () => to("running"),
    work_complete: workComplete,
    attempt_failed: attemptFailed,
    cancel_requested: stopping,
    task_gone: gone,
  },
  running: {
    work_complete: workComplete,
    attempt_failed: attemptFailed,
    cancel_requested: stopping,
    task_gone: gone,
  },
  finalizing: {
    version_saved: () => to("completed"),
    answered: () => to("answered"),
    attempt_failed: attemptFailed,
  },
  completed: {},
  answered: {},
  failed: {},
  cancelled: {},
};

/**
 * Decides what an input does to a generation.
 * @returns the decision, or undefined when the input changes nothing (a repeat, or too late)
 */
export const decide = (status: GenerationStatus, input: LifecycleInput): Decision | undefined => {
  if (isFinal(status.state)) return undefined;
  const rule = TRANSITIONS[status.state][input.type] as Rule | undefined;
  return rule?.(status, input as never);
};

/** Why a user does not pay for an attempt: the platform failed, or the model did as far as its gateway tells. */
export type Fault = "platform" | "model";

/**
 * Who is at fault for the end of an attempt, as far as that frees its user from paying.
 * @returns undefined when the user pays what the attempt used
 */
export const faultOf = (input: LifecycleInput): Fault | undefined => {
  if (input.type !== "work_complete" && input.type !== "attempt_failed") return undefined;
  const price = input.failure && FAILURES[input.failure.code].price;
  if (price === "free_if_few" && input.type === "work_complete") return "model";
  if (price === "free_if_seen" && input.type === "attempt_failed" && input.isPlatformFault) return "platform";
  return undefined;
};
