/** `npm run test:stress`: whether the tests pass every time, on a machine that is busy with something else. */
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Command, readCommand, rejectUsage } from "../command.ts";
import { underLoad } from "./load.ts";
import { isClean, lineOf, summaryOf, type Run } from "./report.ts";
import { runOnce } from "./run.ts";

const COMMAND = {
  name: "npm run test:stress",
  about: "Runs the tests several times beside an artificial load, and reports what failed how often.",
  options: {
    runs: { type: "number", value: "COUNT", default: 5, min: 1, whole: true, about: "How often to run them" },
    load: {
      type: "number",
      value: "COUNT",
      default: 4,
      min: 0,
      whole: true,
      about: "How many processes keep a core busy meanwhile",
    },
  },
  operand: {
    value: "FILE",
    many: true,
    about: "Part of the path of the test files to run; none: every test",
  },
  notes: [
    "Exits 1 when a test failed, or an error was caught by no test, in any of the runs.",
    "Ctrl-C ends the run under way and reports on those before it.",
    "Example: npm run test:stress -- --runs 20 orchestrator/test/sockets",
  ].join("\n"),
} as const satisfies Command;

const ROOT = path.resolve(import.meta.dirname, "../..");
const TESTS = ["packages/*/test/**/*.test.{ts,tsx}", "{infra,tools}/**/test/**/*.test.ts"];

const { runs: count, load, operands: files } = readCommand(COMMAND);
const known = globSync(TESTS, { cwd: ROOT });
const unknown = files.find((file) => !known.some((test) => test.includes(file)));
if (unknown !== undefined) rejectUsage(COMMAND, `No test file has "${unknown}" in its path.`);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

const directory = await mkdtemp(path.join(tmpdir(), "leo-stress-"));
const runs: Run[] = [];
await underLoad(load, async () => {
  for (let number = 1; number <= count; number += 1) {
    const run = await runOnce({ files, directory, number, stop: stop.signal });
    // One that was interrupted says nothing about the tests.
    if (stop.signal.aborted) return;
    runs.push(run);
    console.log(lineOf(run, number, count));
  }
});

console.log(`\n${summaryOf(runs, count)}`);
const isGood = runs.length === count && runs.every(isClean);
if (runs.every(isClean)) await rm(directory, { recursive: true });
process.exitCode = stop.signal.aborted ? 130 : isGood ? 0 : 1;
