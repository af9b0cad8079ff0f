import { median } from "./statistics.ts";

/** A number that Leo holds itself to; at least or at most, in the figure's unit. */
export type Bar = { atLeast: number } | { atMost: number };

/** One measured quantity: a line of the table. */
export interface Figure {
  benchmark: string;
  /** The conditions, such as `1 generator, 20 browsers`. */
  given: string;
  /** Whose number it is: `leo`, a rival, or `leo / rival` for a ratio. */
  of: string;
  /** What was measured, such as `events per second`. */
  what: string;
  unit: string;
  /** One value per round. */
  values: number[];
  bar?: Bar;
}

/** Whether the median holds the bar; undefined when there is none. */
export const holds = ({ values, bar }: Figure): boolean | undefined => {
  if (!bar) return undefined;
  const value = median(values);
  return "atLeast" in bar ? value >= bar.atLeast : value <= bar.atMost;
};

/** A figure as the JSON file has it. */
export const summary = (figure: Figure) => ({
  ...figure,
  median: median(figure.values),
  min: Math.min(...figure.values),
  max: Math.max(...figure.values),
  holds: holds(figure),
});
