import { holds, summary, type Figure } from "./figure.ts";

const HEAD = ["benchmark", "given", "of", "what", "median", "min", "max", "rounds", "bar"];

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
  const { benchmark, given, of, what, unit, values } = figure;
  const measured = unit ? `${what}, ${unit}` : what;
  return [
    benchmark,
    given,
    of,
    measured,
    number(median),
    number(min),
    number(max),
    String(values.length),
    barOf(figure),
  ];
};

/** All figures as one Markdown table. */
export const table = (figures: Figure[]): string => {
  const rows = [HEAD, ...figures.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = HEAD, ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
};
