/**
 * Since when silence counts. A generator's frames are recorded by whichever process it is connected
 * to. While this process could record nothing (it was starting, the database was away, the machine
 * slept, the clock jumped), it cannot say that a generator was silent.
 */
export interface Hearing {
  /** Who was heard has just been recorded. */
  recorded(): void;
  /** Start of the present unbroken series of recordings. */
  since(): Date;
}

/** @param maxGapMs a longer time between two recordings breaks the series */
export const createHearing = (now: () => Date, maxGapMs: number): Hearing => {
  let since = now();
  let lastAt = since;
  const noteGap = () => {
    const at = now();
    if (Math.abs(at.getTime() - lastAt.getTime()) <= maxGapMs) return;
    since = at;
    lastAt = at;
  };
  return {
    recorded: () => {
      noteGap();
      lastAt = now();
    },
    since: () => {
      noteGap();
      return since;
    },
  };
};
