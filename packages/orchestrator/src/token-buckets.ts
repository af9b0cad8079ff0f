/**
 * Token buckets by key, in this process's memory. A bucket holds a minute's worth of tokens and is
 * refilled evenly; a full one is forgotten, so there are never more than the newest `MAX_KEYS`.
 */

/** About 10 MB. Past it the bucket that was asked longest ago goes, which is a full one unless so many came within a minute. */
const MAX_KEYS = 50_000;
const MINUTE_MS = 60_000;

export interface TokenBuckets {
  readonly perMinute: number;
  /** Takes a token. @returns 0, or how many ms until there is one */
  take(key: string): number;
  /** How many ms until there is a token; 0 when there is one. Takes none. */
  waitMs(key: string): number;
  readonly size: number;
}

interface Bucket {
  /** When it is full again. */
  fullAt: number;
}

/** @param now the clock */
export const createTokenBuckets = (perMinute: number, now: () => Date, maxKeys = MAX_KEYS): TokenBuckets => {
  /** In the order in which they were last taken from. */
  const buckets = new Map<string, Bucket>();
  const intervalMs = MINUTE_MS / perMinute;

  /** How long a bucket takes to be full. More than a minute means that the clock was set back: it starts anew. */
  const owed = (key: string, atMs: number) => {
    const owedMs = Math.max(0, (buckets.get(key)?.fullAt ?? 0) - atMs);
    return owedMs > MINUTE_MS + 1 ? 0 : owedMs;
  };

  const waitMs = (key: string, atMs = now().getTime()) => {
    const owedMs = owed(key, atMs);
    // Intervals are no whole numbers: less than a microsecond is none.
    return Math.max(0, Math.ceil(owedMs + intervalMs - MINUTE_MS - 0.001));
  };

  /** The oldest first: those that are full again, and one more when there is no room. */
  const forget = (atMs: number) => {
    for (const [key, { fullAt }] of buckets) {
      if (fullAt > atMs && buckets.size < maxKeys) return;
      buckets.delete(key);
    }
  };

  return {
    perMinute,
    waitMs: (key) => waitMs(key),
    take: (key) => {
      const atMs = now().getTime();
      const leftMs = waitMs(key, atMs);
      if (leftMs > 0) return leftMs;
      const fullAt = atMs + owed(key, atMs) + intervalMs;
      buckets.delete(key);
      forget(atMs);
      buckets.set(key, { fullAt });
      return 0;
    },
    get size() {
      return buckets.size;
    },
  };
};
