import { setTimeout as sleep } from "node:timers/promises";

/** A token bucket: `take` resolves at most `perSecond` times a second, in order. */
export const createRateLimit = (perSecond: number): { take(): Promise<void> } => {
  const intervalMs = 1_000 / perSecond;
  let freeAt = 0;
  return {
    take: async () => {
      const startAt = Math.max(performance.now(), freeAt);
      freeAt = startAt + intervalMs;
      const waitMs = startAt - performance.now();
      if (waitMs > 0) await sleep(waitMs);
    },
  };
};
