import type { Clock } from "../../src/socket/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time on and runs what is due, in order. */
  advance: (durationMs: number) => void;
  /** Delays of everything that waits, as they were asked for. */
  delays: () => number[];
}

/** A clock that stands still until it is moved. */
export const manualClock = (random = 0.5): ManualClock => {
  let nowMs = 1_000_000;
  const waiting = new Set<{ dueMs: number; delayMs: number; act: () => void }>();
  return {
    nowMs: () => nowMs,
    random: () => random,
    after: (delayMs, act) => {
      const entry = { dueMs: nowMs + delayMs, delayMs, act };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    advance: (durationMs) => {
      const untilMs = nowMs + durationMs;
      for (;;) {
        const [next] = [...waiting]
          .filter(({ dueMs }) => dueMs <= untilMs)
          .toSorted((a, b) => a.dueMs - b.dueMs);
        if (!next) break;
        nowMs = next.dueMs;
        waiting.delete(next);
        next.act();
      }
      nowMs = untilMs;
    },
    delays: () => [...waiting].map(({ delayMs }) => delayMs),
  };
};
