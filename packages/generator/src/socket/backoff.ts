const FIRST_MS = 1_000;
/** Also the time after an orchestrator's restart by which the last generator is back. */
const LONGEST_MS = 4_000;

/** After this uptime a connection counts as steady, and the next failure waits 1 s again. */
export const STEADY_AFTER_MS = 5_000;

/**
 * How long to wait before connecting again, in milliseconds: doubles from 1 s to 4 s, and the upper half is random,
 * so that generators don't all return at once after an orchestrator's restart.
 * @param failures connection attempts that have failed since the last steady connection, from 0
 * @param random a number in [0, 1)
 * @param maxMs the longest wait
 */
export const backoffMs = (failures: number, random: number, maxMs = LONGEST_MS): number => {
  const ceilingMs = Math.min(maxMs, FIRST_MS * 2 ** Math.min(failures, 10));
  return ceilingMs / 2 + (ceilingMs / 2) * random;
};
