/** One thing that was measured, several times. */
export interface Row {
  what: string;
  /** Milliseconds, one a run. */
  times: number[];
  /** The most that it may take, in milliseconds, where a number is set. */
  barMs?: number;
}

/** The middle value; of an even number of values the mean of the middle two. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
};

const ms = (value: number) => `${Math.round(value)} ms`;

/** A markdown table: median, least and most of each row, and its bar. */
export const toTable = (rows: readonly Row[]): string =>
  [
    "| what | median | least | most | runs | bar |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(({ what, times, barMs }) => {
      const cells = [ms(median(times)), ms(Math.min(...times)), ms(Math.max(...times)), times.length];
      return `| ${[what, ...cells, barMs === undefined ? "" : `≤ ${ms(barMs)}`].join(" | ")} |`;
    }),
  ].join("\n");
