/** `npm run deployed`: exits 0 once the deployed revision runs, answers and has built an app. */
import { enterStage } from "../environment/env-files.ts";
import { type Command, readCommand } from "../command.ts";
import { printOrFail, warn } from "../report.ts";
import { watchInterrupts } from "./interrupt.ts";
import { proveStage, waitForStage } from "./stage-steps.ts";

const COMMAND = {
  name: "npm run deployed",
  about: "Waits until a stage's newest revision runs and answers, then builds one small app with it.",
  options: {
    stage: { type: "text", value: "NAME", about: "The stage", default: "prod" },
    timeout: { type: "number", value: "SECONDS", about: "How long to wait", default: 900, min: 1 },
    "no-run": { type: "flag", about: "Skip the test run, which costs model money" },
  },
} as const satisfies Command;

const { stage, timeout, "no-run": withoutRun } = readCommand(COMMAND);
const say = (line: string) => console.log(line);

const signal = watchInterrupts(say);

await printOrFail(async () => {
  warn(enterStage(stage));
  const url = await waitForStage({ stage, timeoutMs: timeout * 1_000, say, signal });
  if (!withoutRun) await proveStage(url, { stage, say, signal });
  return `Deployed: ${url}`;
});
// The exit code that shells use for an interrupt.
if (signal.aborted) process.exitCode = 130;
// The SDK's and fetch's idle connections must not hold the process.
process.stdout.write("", () => process.exit());
