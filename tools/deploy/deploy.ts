/** `npm run deploy`: preflight, `sst deploy`, waiting for the service, and a test run that builds one app. */
import { enterStage } from "../environment/env-files.ts";
import { type Command, readCommand } from "../command.ts";
import { warn } from "../report.ts";
import { preflightStage } from "./preflight-stage.ts";
import { watchInterrupts } from "./interrupt.ts";
import { runSst } from "./sst.ts";
import { proveStage, waitForStage } from "./stage-steps.ts";
import { runSteps, StepFailed, type Step } from "./steps.ts";

const COMMAND = {
  name: "npm run deploy",
  about:
    "Deploys a stage: preflight, sst deploy, waiting for the service, and a test run that builds one small app.",
  options: {
    stage: { type: "text", value: "NAME", about: "The stage", default: "prod" },
    timeout: {
      type: "number",
      value: "SECONDS",
      about: "How long to wait for the service",
      default: 900,
      min: 1,
    },
    "no-run": { type: "flag", about: "Skip the test run, which costs model money" },
  },
  notes: "Exit codes: 0 deployed, 1 a step failed, 2 the command line is wrong, 130 interrupted.",
} as const satisfies Command;

const { stage, timeout, "no-run": withoutRun } = readCommand(COMMAND);
const say = (line: string) => console.log(line);
const again = `npm run deploy -- --stage ${stage}`;

const conflicts = enterStage(stage);
warn(conflicts);
const signal = watchInterrupts(say);
const startedAt = new Date();
let url = "";

const steps: Step[] = [
  {
    name: "preflight",
    ifInterrupted: "Nothing was created or changed.",
    run: async () => {
      const { problems, warnings } = await preflightStage(stage);
      for (const sentence of warnings) say(`Warning: ${sentence}`);
      if (problems.length > 0) throw new StepFailed(["", ...problems].join("\n"));
    },
  },
  {
    name: "sst deploy",
    ifInterrupted: `What was created so far stays, and SST keeps track of it: run \`${again}\` to finish it, or \`npx sst remove --stage ${stage}\` to undo it. If SST says that the stage is locked, run \`npx sst unlock --stage ${stage}\` first.`,
    run: async () => {
      const { exitCode } = await runSst(["deploy", "--stage", stage], {
        signal,
        command: process.env.LEO_SST_COMMAND,
      });
      if (exitCode !== 0) {
        throw new StepFailed(
          `it ended with ${exitCode === undefined ? "a signal" : `exit code ${exitCode}`}; see the reason above. What was created stays. Fix the problem and run \`${again}\`.`,
        );
      }
    },
  },
  {
    name: "wait for the service",
    ifInterrupted: `Everything is deployed, and ECS continues replacing the tasks by itself: \`npm run deployed -- --stage ${stage}\` waits for it.`,
    run: async () => {
      url = await waitForStage({ stage, timeoutMs: timeout * 1_000, say, signal, since: startedAt });
    },
  },
  ...(withoutRun
    ? []
    : [
        {
          name: "test run",
          ifInterrupted: `Everything is deployed and answers. What the test run created was deleted, unless a line above says otherwise.`,
          run: () => proveStage(url, { stage, say, signal }),
        },
      ]),
];

const exitCode = await runSteps(steps, signal, say);
if (exitCode === 0) say(`\nDeployed: ${url}`);
process.stdout.write("", () => process.exit(exitCode));
