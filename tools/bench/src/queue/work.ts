/**
 * Runs a step again and again in so many callers at once.
 * @param step returns how much it did; 0 when nothing is left, which ends its caller
 * @returns how much was done per second
 */
export const perSecond = async (
  callers: number,
  durationMs: number,
  step: () => Promise<number>,
): Promise<number> => {
  const beganAt = performance.now();
  let done = 0;
  const call = async () => {
    while (performance.now() - beganAt < durationMs) {
      const count = await step();
      if (count === 0) return;
      done += count;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return (done * 1_000) / (performance.now() - beganAt);
};

/** Cuts `count` things into chunks of at most `size`; each is its place of the first and its length. */
export const chunks = (count: number, size: number): { from: number; length: number }[] =>
  Array.from({ length: Math.ceil(count / size) }, (_, index) => ({
    from: index * size,
    length: Math.min(size, count - index * size),
  }));

/** What callers and claimers are asked for. */
export interface Ask {
  callers: number;
  durationMs: number;
}

export interface ClaimAsk extends Ask {
  /** Rows that one statement takes at most. */
  batch: number;
}

/** Connections that a queue's process may open: 16 callers and some to spare. */
export const POOL_SIZE = 20;
