/**
 * Token buckets by key, in this process's memory. A bucket holds a minute's worth of tokens and is
 * refilled evenly; a full one is forgotten, so there are never more than the newest `MAX_KEYS`.
 *
 * Orchestrators tell each other what they gave (`spent`), and each takes that from its own bucket
 * (`charge`). What was given elsewhere before it was told may leave a bucket in debt, which is paid
 * before anything more is given; so over time all of them together give what one may.
 */

/** About 10 MB. Past it the bucket that was asked longest ago goes, which is a full one unless so many came within a minute. */
const MAX_KEYS = 50_000;
const MINUTE_MS = 60_000;
/** An empty bucket, and what two others can have given in the same moment. */
const OWED_MAX_MS = 3 * MINUTE_MS;
/** Keys told at once; the rest is told with the next beat. */
const SPENT_AT_ONCE = 2_000;

export interface TokenBuckets {
  readonly perMinute: number;
  /** Takes a token. @returns 0, or how many ms until there is one */
  take(key: string): number;
  /** Takes tokens that were given elsewhere, down to debt. */
  charge(key: string, count: number): void;
  /** What was given here since the last call, by key. */
  spent(): [key: string, count: number][];
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
  const given = new Map<string, number>();
  const intervalMs = MINUTE_MS / perMinute;

  /** How long a bucket takes to be full. More than there can be means that the clock was set back: it starts anew. */
  const owed = (key: string, atMs: number) => {
    const owedMs = Math.max(0, (buckets.get(key)?.fullAt ?? 0) - atMs);
    return owedMs > OWED_MAX_MS + 1 ? 0 : owedMs;
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

  const owe = (key: string, owedMs: number, atMs: number) => {
    buckets.delete(key);
    forget(atMs);
    buckets.set(key, { fullAt: atMs + owedMs });
  };

  return {
    perMinute,
    waitMs: (key) => waitMs(key),
    take: (key) => {
      const atMs = now().getTime();
      const leftMs = waitMs(key, atMs);
      if (leftMs > 0) return leftMs;
      owe(key, owed(key, atMs) + intervalMs, atMs);
      if (given.size < maxKeys || given.has(key)) given.set(key, (given.get(key) ?? 0) + 1);
      return 0;
    },
    charge: (key, count) => {
      const atMs = now().getTime();
      owe(key, Math.min(OWED_MAX_MS, owed(key, atMs) + count * intervalMs), atMs);
    },
    spent: () => {
      const told = [...given].slice(0, SPENT_AT_ONCE);
      for (const [key] of told) given.delete(key);
      return told;
    },
    get size() {
      return buckets.size;
    },
  };
};
