/**
 * Evenly spaced places: `reserve` gives out at most `perSecond` a second over all that share it, and says how
 * long until each. It never refuses and saves nothing up, unlike the buckets that limit requests.
 * @param shares how many processes share it now
 */
export const createRateLimit = (perSecond: number, shares: () => number): { reserve(): number } => {
  let freeAt = 0;
  return {
    reserve: () => {
      const now = performance.now();
      const startAt = Math.max(now, freeAt);
      freeAt = startAt + (1_000 * shares()) / perSecond;
      return startAt - now;
    },
  };
};
