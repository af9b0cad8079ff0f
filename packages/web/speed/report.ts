/** Lines of numbers, each beside its bar. */

let missed = 0;

export const tell = (what: string, value: string, bar: string, holds: boolean): void => {
  if (!holds) missed += 1;
  console.log(`${holds ? "ok  " : "MISS"}  ${what.padEnd(46)} ${value.padStart(12)}   bar: ${bar}`);
};

/** A number that may be as large as its bar. */
export const tellAtMost = (what: string, value: number, max: number, show: (value: number) => string): void =>
  tell(what, show(value), show(max), value <= max);

/** A shift that rounds to nothing counts as none. */
const SHIFT_MAX = 0.00005;
const MOVED_SHOWN = 5;

export const tellShift = (what: string, shift: number, moved: string[]): void => {
  tell(what, shift.toFixed(4), "0", shift < SHIFT_MAX);
  for (const line of moved.slice(0, MOVED_SHOWN)) console.log(`        moved: ${line}`);
};

export const inMs = (value: number) => `${value.toFixed(0)} ms`;
export const inKb = (value: number) => `${(value / 1_024).toFixed(1)} KB`;

export const hasMissed = () => missed > 0;
