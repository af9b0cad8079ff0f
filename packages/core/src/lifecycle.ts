/**
 * The generation's state machine: one pure function over (generation, input).
 *
 * States: queued → starting → running → finalizing → completed | answered | failed |
 * cancelled.
 * `decide` says everything that an input means. SQL carries it out, guarded by `where state = …`, so of two
 * orchestrators with the same input one wins and the other finds nothing to do.
 */
import { FAILURES, failure, type Failure, type FailureCode } from "./failure.ts";
import { FINAL_STATES, isFinal, type GenerationState } from "./generation.ts";
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
  /** Why the user does not pay for the current attempt if it ends with this input; undefined when they do. */
  fault?: Fault | undefined;
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
  /** RunTask had no place for it; it waits this long and keeps its attempt. */
  | { type: "launch_deferred"; retryInMs: number }
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

/** All that an input means for a generation. */
export interface Decision {
  state: GenerationState;
  /** Number of the current attempt from now on. */
  attempt: number;
  maxAttempts: number;
  cancelRequested: boolean;
  /** Why it failed; present exactly when `state` is `failed`. */
  failure?: Failure;
  /** How it waits in the queue; present exactly when `state` is `queued`. */
  wait?: Wait;
  /**
   * Launches stop for everybody until an operator has mended the model. The pause may be refused, because other
   * runs get answers; where it is not, the generation waits like this instead of `wait`.
   */
  pause?: Wait;
  money: Money;
  /** What becomes of added requests that no turn has taken: at the end they go back to the user. */
  messages: "keep" | "return";
  /** What becomes of the files that the attempt has uploaded: at the end they are its version or its draft. */
  files: "drop" | "record";
  next: Next;
}

/** How a generation waits in the queue. */
export interface Wait {
  delayMs: number;
  /** The fault of the model that it waits for. */
  code?: FailureCode;
  /** How often it has waited for the model, this time included. */
  waits: number;
}

/**
 * What becomes of the budget that is reserved for the current attempt. `settle` charges what it cost and frees the
 * rest; `carry_over` does so and reserves the rest for the next attempt. With a fault nothing is charged.
 */
export type Money = { do: "keep" } | { do: "settle" | "carry_over"; fault: Fault | undefined };

export type Next =
  | "nothing"
  /** Launch a task for the current attempt. */
  | "launch"
  /** Ask the generator to stop; StopTask follows after the grace time. */
  | "stop"
  /** Check what was uploaded and record the version or the answer. */
  | "finalize"
  /** Queue a push of the version, if its app pushes every new one. */
  | "push"
  /** Make a draft of the newest checkpoint, if nothing was uploaded. */
  | "save_draft";

type Rule = (status: GenerationStatus, input: never) => Decision | undefined;
type Rules = {
  [Type in LifecycleInput["type"]]?: (
    status: GenerationStatus,
    input: Extract<LifecycleInput, { type: Type }>,
  ) => Decision | undefined;
};

const moveTo = (
  { attempt, maxAttempts, cancelRequested }: GenerationStatus,
  state: GenerationState,
  more: Partial<Decision> = {},
): Decision => ({
  state,
  attempt,
  maxAttempts,
  cancelRequested,
  money: { do: "keep" },
  messages: "keep",
  files: "drop",
  next: "nothing",
  ...more,
});

const nextAfter = (state: (typeof FINAL_STATES)[number], attempt: number): Next => {
  if (state === "completed") return "push";
  return state === "answered" || attempt === 0 ? "nothing" : "save_draft";
};

const end = (
  status: GenerationStatus,
  state: (typeof FINAL_STATES)[number],
  more: Pick<Partial<Decision>, "attempt" | "cancelRequested" | "failure"> = {},
): Decision =>
  moveTo(status, state, {
    money: { do: "settle", fault: status.fault },
    messages: "return",
    files: "record",
    next: nextAfter(state, more.attempt ?? status.attempt),
    ...more,
  });

/** The attempt is over, and another one follows. */
const requeue = (status: GenerationStatus, more: Pick<Decision, "wait" | "pause"> & Partial<Decision>) =>
  moveTo(status, "queued", { money: { do: "carry_over", fault: status.fault }, ...more });

const attemptFailed: NonNullable<Rules["attempt_failed"]> = (status, input) => {
  const { waits = 0 } = status;
  if (status.cancelRequested) return end(status, "cancelled");
  if (input.retry && status.attempt < status.maxAttempts && !status.isSpent)
    return requeue(status, { wait: { delayMs: LIMITS.attemptRetryMs, waits } });
  return end(status, "failed", { failure: input.failure });
};

/** The pause before a run asks the model again, when nobody knows how long it will take. */
const backoffMs = (waits: number) => Math.min(LIMITS.modelWaitMinMs * 2 ** waits, LIMITS.modelWaitMaxMs);

/**
 * A run that has met a fault of the model waits for it. The attempt that met it does not count, so the run may have
 * one more.
 * @returns undefined when it waits no longer, or has no money to go on
 */
const waitForModel = (
  status: GenerationStatus,
  code: FailureCode,
  retryInMs?: number,
): Decision | undefined => {
  const kind = WAITS[code];
  const { waits = 0, ageMs = 0 } = status;
  if (!kind || status.isSpent) return undefined;
  const isForOperator = kind.for === "operator";
  if (waits >= LIMITS.modelWaitsMax && !isForOperator) return undefined;
  const isTimed = !isForOperator && retryInMs !== undefined;
  const delayMs = isTimed ? Math.max(retryInMs, LIMITS.modelWaitMinMs) : backoffMs(waits);
  if (ageMs + delayMs > LIMITS.queueExpiryMs) return undefined;
  return requeue(status, {
    maxAttempts: status.maxAttempts + 1,
    wait: { delayMs, code, waits: waits + 1 },
    // Nothing is started while launches are paused, so it needs no time of its own, and this is no try.
    ...(isForOperator ? { pause: { delayMs: 0, code, waits } } : {}),
  });
};

const workComplete: NonNullable<Rules["work_complete"]> = (status, input) => {
  if (status.cancelRequested) return undefined;
  if (!input.failure) return moveTo(status, "finalizing", { next: "finalize" });
  return (
    waitForModel(status, input.failure.code, input.retryInMs) ??
    attemptFailed(status, {
      type: "attempt_failed",
      failure: input.failure,
      retry: FAILURES[input.failure.code].retryable,
    })
  );
};

/** No task was made, so the attempt never was. */
const launchDeferred: NonNullable<Rules["launch_deferred"]> = (status, { retryInMs }) => {
  const attempt = status.attempt - 1;
  if (status.cancelRequested) return end(status, "cancelled", { attempt });
  return moveTo(status, "queued", { attempt, wait: { delayMs: retryInMs, waits: status.waits ?? 0 } });
};

const stopping: NonNullable<Rules["cancel_requested"]> = (status) =>
  status.cancelRequested ? undefined : moveTo(status, status.state, { cancelRequested: true, next: "stop" });

const gone: NonNullable<Rules["task_gone"]> = (status) =>
  status.cancelRequested ? end(status, "cancelled") : undefined;

/** What each state does with each input. An input without a rule changes nothing. */
export const TRANSITIONS: Record<GenerationState, Rules> = {
  queued: {
    claimed: (status) => moveTo(status, "starting", { attempt: status.attempt + 1, next: "launch" }),
    cancel_requested: (status) => end(status, "cancelled", { cancelRequested: true }),
    queue_expired: (status) => end(status, "failed", { failure: failure(status.waitCode ?? "expired") }),
  },
  starting: {
    launch_deferred: launchDeferred,
    ready: (status) => moveTo(status, "running"),
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
    version_saved: (status) => end(status, "completed"),
    answered: (status) => end(status, "answered"),
    attempt_failed: attemptFailed,
  },
  completed: {},
  answered: {},
  failed: {},
  cancelled: {},
};

/**
 * Decides what an input does to a generation. A generation begins as `queued`; from there on its state changes only
 * as decided here, in `generation/transition.ts` of the orchestrator. Two statements are exceptions, and tests
 * compare both with this function: the claim (`generation/claim.ts`) does `claimed` for many rows at once, and a copied
 * version (`generation/copy-version.ts`) is stored as `version_saved` leaves one, since nothing ran for it.
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
