/** Prints vitest's JSON report as one plain line, `N passed, N failed`. Arguments: report, exit status so far. */
import { readFileSync } from "node:fs";

const [file = "", status = "0"] = process.argv.slice(2);

/** Empty when the run ended before the tests did. */
const report = () => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
};

const { numPassedTests = 0, numFailedTests = 0, testResults = [] } = report();
// A file that does not even load has no tests to count.
const broken = testResults.filter(
  ({ status: outcome, assertionResults }) =>
    outcome === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
).length;
const counted = numFailedTests + broken;
// Whatever else ended the run (a check before the tests, an unhandled error) is a failure as well.
const failed = counted === 0 && status !== "0" ? 1 : counted;

console.log(`${numPassedTests} passed, ${failed} failed`);
