import { setTimeout as delay } from "node:timers/promises";

/** Time, so that tests decide it. */
export interface Clock {
  nowMs: () => number;
  /** Resolves after `durationMs`; rejects when the signal aborts. */
  sleep: (durationMs: number, signal: AbortSignal) => Promise<unknown>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (durationMs, signal) => delay(durationMs, undefined, { signal }),
};
