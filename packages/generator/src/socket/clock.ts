/** Time and chance, both replaceable in tests. */
export interface Clock {
  nowMs: () => number;
  /** Runs `act` once after `delayMs`. Call the returned function to cancel. */
  after: (delayMs: number, act: () => void) => () => void;
  /** A number in [0, 1). */
  random: () => number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
