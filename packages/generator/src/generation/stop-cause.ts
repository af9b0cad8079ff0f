import { failure, type Failure } from "@leo/core/failure.ts";

/** Why a run ends before its work is complete. */
export type StopCause =
  /** The user cancelled. The work so far is stored. */
  | { kind: "cancelled" }
  /**
   * The agent failed or a limit was reached. The work so far is stored.
   * `retryAt` is when the cause will have passed, if known.
   */
  | { kind: "failed"; failure: Failure; retryAt?: string | undefined }
  /** The machine is being taken away. A checkpoint is stored, and no end is reported. */
  | { kind: "interrupted" }
  /** The sandbox is gone and the driver doesn't know why. Nothing is stored, and no end is reported. */
  | { kind: "sandbox_lost" }
  /** A newer attempt exists, or the generation is over. Nothing more is stored. */
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

/** Resolves like the promise, unless the signal aborts first: then it rejects with the signal's reason. */
export const unlessStopped = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
