/** A token bucket: `reserve` gives out places, at most `perSecond` a second, and says how long until each. */
export const createRateLimit = (perSecond: number): { reserve(): number } => {
  const intervalMs = 1_000 / perSecond;
  let freeAt = 0;
  return {
    reserve: () => {
      const now = performance.now();
      const startAt = Math.max(now, freeAt);
      freeAt = startAt + intervalMs;
      return startAt - now;
    },
  };
};
