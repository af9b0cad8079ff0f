/** Prints the outcome of a test run as one plain line, `N passed, N failed`. Arguments: outcome, exit status so far. */
import { readFileSync } from "node:fs";

const [file = "", status = "0"] = process.argv.slice(2);

/** As `src/testing/outcome.ts` writes it; empty when the run ended before the tests did. */
const outcome = () => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
};

const { passed = 0, failed = [], unhandled = [] } = outcome();
const counted = failed.length + unhandled.length;
// A check before the tests ended the run, or something of which the tests know nothing.
const failures = counted === 0 && status !== "0" ? 1 : counted;

console.log(`${passed} passed, ${failures} failed`);
