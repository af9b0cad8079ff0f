import { holds, summary, type Figure } from "./figure.ts";

const HEAD = ["of", "what", "median", "min", "max", "rounds", "bar"];

const number = (value: number): string => {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toPrecision(3);
};

const barOf = (figure: Figure): string => {
  const { bar } = figure;
  if (!bar) return "";
  const text = "atLeast" in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`;
  return `${text} ${holds(figure) ? "held" : "MISSED"}`;
};

const rowOf = (figure: Figure): string[] => {
  const { median, min, max } = summary(figure);
  const { of, what, unit, values } = figure;
  const measured = unit ? `${what}, ${unit}` : what;
  return [of, measured, number(median), number(min), number(max), String(values.length), barOf(figure)];
};

const table = (figures: Figure[]): string => {
  const rows = [HEAD, ...figures.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = HEAD, ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
};

/** All figures in Markdown: a table for each benchmark and its conditions. */
export const tables = (figures: Figure[]): string =>
  [...Map.groupBy(figures, ({ benchmark, given }) => `**${benchmark}**: ${given}`)]
    .map(([title, group]) => `${title}\n\n${table(group)}`)
    .join("\n\n");
