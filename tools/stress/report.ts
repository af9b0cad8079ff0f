/** What several runs of the tests came to, as lines for people. */
import type { Outcome } from "../local/src/testing/outcome.ts";

export interface Run {
  durationMs: number;
  /** None: it ended before it could say; `exit` tells how. */
  outcome?: Outcome;
  /** The exit code, or the signal that ended it. */
  exit: string;
  /** What it printed. */
  logFile: string;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

export const isClean = ({ outcome, exit }: Run): boolean =>
  exit === "0" && outcome !== undefined && outcome.failed.length + outcome.unhandled.length === 0;

/** One line for a run: `Run 2 of 5: 1240 passed, 1 failed, 0 unhandled errors, 418 s`. */
export const lineOf = (run: Run, number: number, of: number): string => {
  const { outcome, exit, durationMs } = run;
  const seconds = `${Math.round(durationMs / 1_000)} s`;
  const title = `Run ${number} of ${of}`;
  if (!outcome) return `${title}: ended before it was through (exit ${exit}), ${seconds}`;
  const { passed, failed, unhandled } = outcome;
  const counts = `${passed} passed, ${failed.length} failed, ${counted(unhandled.length, "unhandled error")}`;
  const isUnexplained = exit !== "0" && failed.length + unhandled.length === 0;
  return `${title}: ${counts}, ${seconds}${isUnexplained ? ` (exit ${exit}; its log says why)` : ""}`;
};

/** Each text with how often it is there: the most frequent first, then by the alphabet. */
const tally = (texts: string[]): [text: string, count: number][] =>
  [...Map.groupBy(texts, (text) => text)]
    .map(([text, found]): [string, number] => [text, found.length])
    .toSorted(([one, ones], [other, others]) => others - ones || one.localeCompare(other));

const section = (title: string, texts: string[]): string[] =>
  texts.length === 0 ? [] : ["", title, ...tally(texts).map(([text, count]) => `  ${count} × ${text}`)];

/**
 * The end of the report: how many runs were clean, every test that failed and every unhandled error with
 * how often it did, and where the logs of those runs are.
 */
export const summaryOf = (runs: Run[], of: number): string => {
  const unclean = runs.filter((run) => !isClean(run));
  const left = of - runs.length;
  const cutShort = left === 0 ? "" : `, ${left} not made`;
  const outcomes = runs.flatMap(({ outcome }) => outcome ?? []);
  return [
    `${runs.length - unclean.length} of ${counted(of, "run")} without a failure${cutShort}`,
    ...section(
      "Failed:",
      outcomes.flatMap(({ failed }) => failed),
    ),
    ...section(
      "Errors that no test caught:",
      outcomes.flatMap(({ unhandled }) => unhandled),
    ),
    ...(unclean.length === 0 ? [] : ["", "Logs:", ...unclean.map(({ logFile }) => `  ${logFile}`)]),
  ].join("\n");
};
