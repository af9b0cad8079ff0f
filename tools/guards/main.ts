/** `npm run test:guards`: whether each security test notices that its guard is gone. */
import { type Command, readCommand } from "../command.ts";
import { GUARDS } from "./guards.ts";
import { without } from "./remove.ts";
import { runTests, type Outcome } from "./run-tests.ts";
import { namedTests } from "./named-tests.ts";

const COMMAND = {
  name: "npm run test:guards",
  about: "Removes each guard that SECURITY.md names, runs its tests, and fails when one still passes.",
  options: {
    only: { type: "text", value: "TEXT", about: "Only guards with this in their name or their tests" },
  },
  notes: [
    "The sources are changed while it runs, and as they were afterwards, also after Ctrl-C.",
    "Lines of SECURITY.md without a guard are listed at the end.",
  ].join("\n"),
} as const satisfies Command;

const { only } = readCommand(COMMAND);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

const isWanted = (texts: readonly string[]) =>
  only === undefined || texts.some((text) => text.includes(only));
const chosen = GUARDS.filter(({ name, tests }) => isWanted([name, ...tests]));
const bad: string[] = [];
let count = 0;
for (const guard of chosen) {
  if (stop.signal.aborted) break;
  const outcomes = await without(guard, () => runTests(guard.tests, stop.signal));
  if (stop.signal.aborted) break;
  for (const [test, outcome] of outcomes) {
    count += 1;
    const line = (result: Outcome) => `${result.padEnd(8)}  ${guard.name}: ${test}`;
    console.log(line(outcome));
    if (outcome !== "noticed") bad.push(line(outcome));
  }
}

const guarded = new Set(GUARDS.flatMap(({ tests }) => tests));
const open = (await namedTests()).filter((test) => !guarded.has(test));
console.log(`\n${count - bad.length} of ${count} tests noticed that their guard was gone.`);
for (const line of bad) console.log(`  ${line}`);
if (only === undefined) {
  console.log(`${open.length} lines of SECURITY.md have no guard here:`);
  for (const test of open) console.log(`  ${test}`);
}
process.exitCode = stop.signal.aborted ? 130 : bad.length > 0 ? 1 : 0;
