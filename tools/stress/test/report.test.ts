import { expect, test } from "vitest";
import { isClean, lineOf, summaryOf, type Run } from "../report.ts";

const run = (failed: string[] = [], unhandled: string[] = [], more: Partial<Run> = {}): Run => ({
  durationMs: 418_400,
  outcome: { passed: 1_240, skipped: 0, failed, unhandled },
  exit: failed.length + unhandled.length > 0 ? "1" : "0",
  logFile: "/tmp/log",
  ...more,
});

const crashed = run([], [], { outcome: undefined, exit: "SIGKILL", logFile: "/tmp/crashed" });
/** vitest found fault with something that is neither a test nor an error, such as a file that was not found. */
const unexplained = run([], [], { exit: "1" });

test.each([
  [run(), "Run 2 of 5: 1240 passed, 0 failed, 0 unhandled errors, 418 s"],
  [run(["a › b", "a › c"]), "Run 2 of 5: 1240 passed, 2 failed, 0 unhandled errors, 418 s"],
  [run([], ["Error: x"]), "Run 2 of 5: 1240 passed, 0 failed, 1 unhandled error, 418 s"],
  [crashed, "Run 2 of 5: ended before it was through (exit SIGKILL), 418 s"],
  [unexplained, "Run 2 of 5: 1240 passed, 0 failed, 0 unhandled errors, 418 s (exit 1; its log says why)"],
])("each run is one line, %#", (one, line) => {
  expect(lineOf(one, 2, 5)).toBe(line);
});

test("a failure, an unhandled error, a crash and an exit code that nothing explains are not clean", () => {
  const all = [run(), run(["a › b"]), run([], ["Error: x"]), crashed, unexplained];
  expect(all.map(isClean)).toEqual([true, false, false, false, false]);
});

test("the summary counts what failed over all runs, the most frequent first", () => {
  const runs = [run(["b › 2", "a › 1"]), run(), run(["a › 1"], ["Error: 57P01"]), crashed];
  expect(summaryOf(runs, 5)).toBe(`1 of 5 runs without a failure, 1 not made

Failed:
  2 × a › 1
  1 × b › 2

Errors that no test caught:
  1 × Error: 57P01

Logs:
  /tmp/log
  /tmp/log
  /tmp/crashed`);
});

test("when all is well there is one line", () => {
  expect(summaryOf([run()], 1)).toBe("1 of 1 run without a failure");
});
