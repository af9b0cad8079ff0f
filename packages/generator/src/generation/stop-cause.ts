import { failure, type Failure } from "@leo/core/failure.ts";

/** Why a run ends before its work is whole. */
export type StopCause =
  /** The user cancelled: what exists is stored. */
  | { kind: "cancelled" }
  /**
   * The agent failed or a limit was reached: what exists is stored.
   * `retryAt` is when the cause will have passed, where that is known.
   */
  | { kind: "failed"; failure: Failure; retryAt?: string | undefined }
  /** The machine is being taken away: a checkpoint is stored and nothing is claimed. */
  | { kind: "interrupted" }
  /** The sandbox is gone, and what ended it is not known here: nothing is stored and nothing claimed. */
  | { kind: "sandbox_lost" }
  /** A newer attempt exists, or the generation is over: nothing more is stored. */
  | { kind: "abandoned" };

/** Carries a cause through `throw` and through an abort signal. */
export class Stopped extends Error {
  override name = "Stopped";
  readonly stopCause: StopCause;

  constructor(stopCause: StopCause) {
    super(
      stopCause.kind === "failed" ? `${stopCause.failure.code}: ${stopCause.failure.detail}` : stopCause.kind,
    );
    this.stopCause = stopCause;
  }
}

export const CANCELLED: Failure = { ...failure("interrupted"), message: "The run was cancelled." };

/** The error of a run that failed. */
export const failed = (cause: Failure, retryAt?: string) =>
  new Stopped({ kind: "failed", failure: cause, retryAt });

/** The promise's result, unless the signal aborts first; then rejects with the signal's reason. */
export const unlessStopped = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
