import type { Status } from "./finding.ts";
import type { Omission, Report } from "./doctor.ts";

const COLOUR: Record<Status, number> = { ok: 32, warning: 33, failure: 31 };

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

const omission = ({ needs, checks }: Omission): string[] => [
  checks.length === 1
    ? `1 check needs ${needs} and was left out:`
    : `${checks.length} checks need ${needs} and were left out:`,
  `  ${checks.join(", ")}`,
  "",
];

/** The report for people: a line per finding with its advice below, then the checks that were left out. */
export const render = ({ target, counts, lines, leftOut }: Report, withColour: boolean): string => {
  const width = Math.max(...lines.map(({ check }) => check.length), 0);
  const paint = (status: Status) =>
    withColour ? `\u001B[${COLOUR[status]}m${status.padEnd(7)}\u001B[0m` : status.padEnd(7);
  const rows = lines.flatMap(({ check, status, message, advice }) => [
    `  ${paint(status)}  ${check.padEnd(width)}  ${message}`,
    ...(advice ? [`  ${" ".repeat(7)}  ${" ".repeat(width)}  → ${advice}`] : []),
  ]);
  const end = `${plural(counts.failure, "failure")}, ${plural(counts.warning, "warning")}, ${counts.ok} ok`;
  return [`Leo's doctor: ${target}`, "", ...rows, "", ...leftOut.flatMap(omission), end].join("\n");
};
