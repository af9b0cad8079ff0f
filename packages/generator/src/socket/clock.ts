/** Time and chance, so that tests decide both. */
export interface Clock {
  nowMs: () => number;
  /** Runs `act` once after `delayMs`; the returned function cancels it. */
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
