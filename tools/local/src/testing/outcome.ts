/**
 * A reporter that writes what a run of the tests came to, unhandled errors included, which vitest's own
 * JSON leaves out. `LEO_TEST_OUTCOME` names the file; without it nothing is written.
 */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

export interface Outcome {
  passed: number;
  skipped: number;
  /** `file › test`, and the file alone when it did not load or its hooks failed. */
  failed: string[];
  /** Errors that no test caught, one sentence each. */
  unhandled: string[];
}

const ROOT = path.resolve(import.meta.dirname, "../../../..");

const outcomeOfModule = (module: TestModule): Omit<Outcome, "unhandled"> => {
  const file = path.relative(ROOT, module.moduleId);
  const tests = [...module.children.allTests()];
  const inState = (state: string) => tests.filter((test) => test.result().state === state);
  const failed = inState("failed").map(({ fullName }) => `${file} › ${fullName}`);
  const isBroken = module.state() === "failed" && failed.length === 0;
  return {
    passed: inState("passed").length,
    skipped: inState("skipped").length,
    failed: isBroken ? [file] : failed,
  };
};

/** Of the test that ran at that moment nothing is said: it may have been over. */
const sentenceOf = ({ name = "Error", message, VITEST_TEST_PATH: file }: SerializedError): string => {
  const [firstLine] = message.split("\n");
  const during = typeof file === "string" ? ` (during ${path.relative(ROOT, file)})` : "";
  return `${name}: ${firstLine}${during}`;
};

/** @param unhandledErrors of the whole run, as vitest hands them to a reporter */
export const outcomeOf = (
  modules: readonly TestModule[],
  unhandledErrors: readonly SerializedError[],
): Outcome => {
  const outcomes = modules.map(outcomeOfModule);
  const sum = (count: (outcome: Omit<Outcome, "unhandled">) => number) =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  return {
    passed: sum(({ passed }) => passed),
    skipped: sum(({ skipped }) => skipped),
    failed: outcomes.flatMap(({ failed }) => failed),
    unhandled: unhandledErrors.map(sentenceOf),
  };
};

export default class OutcomeReporter implements Reporter {
  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
  ): Promise<void> {
    const file = process.env["LEO_TEST_OUTCOME"];
    if (file) await writeFile(file, JSON.stringify(outcomeOf(modules, unhandledErrors)));
  }
}
