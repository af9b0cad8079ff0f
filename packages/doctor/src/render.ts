import type { Status } from "./check.ts";
import type { Report } from "./doctor.ts";

const COLOUR: Record<Status, number> = { ok: 32, warning: 33, failure: 31 };

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** The report for people: a line for each finding, advice beneath it. */
export const render = ({ target, counts, lines }: Report, withColour: boolean): string => {
  const width = Math.max(...lines.map(({ check }) => check.length), 0);
  const paint = (status: Status) =>
    withColour ? `\u001B[${COLOUR[status]}m${status.padEnd(7)}\u001B[0m` : status.padEnd(7);
  const rows = lines.flatMap(({ check, status, message, advice }) => [
    `  ${paint(status)}  ${check.padEnd(width)}  ${message}`,
    ...(advice ? [`  ${" ".repeat(7)}  ${" ".repeat(width)}  → ${advice}`] : []),
  ]);
  const end = `${plural(counts.failure, "failure")}, ${plural(counts.warning, "warning")}, ${counts.ok} ok`;
  return [`Leo's doctor: ${target}`, "", ...rows, "", end].join("\n");
};
