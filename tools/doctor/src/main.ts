/** `npm run doctor`. Exits 1 if a check failed, and 2 if the command line is wrong. */
import { ConfigError } from "@leo/core/config.ts";
import { enterStage } from "../../environment/env-files.ts";
import { type Command, readCommand, rejectUsage } from "../../command.ts";
import { StartError } from "../../local/src/start-error.ts";
import type { Check } from "./check.ts";
import { failure, warning } from "./finding.ts";
import { runCheck } from "./checks/run.ts";
import { examine, report, type Report } from "./doctor.ts";
import { localChecks, STAGE_CHECKS } from "./checks.ts";
import { localTarget } from "./local-target.ts";
import { render } from "./render.ts";
import { stageTarget } from "./stage-target.ts";
import type { Target } from "./target.ts";

const CHECK_MS = 9_000;
/** A run may have to queue for others. */
const RUN_MS = 30 * 60_000;

const COMMAND = {
  name: "npm run doctor",
  about: "Checks this machine, or a stage on AWS before and after a deploy, and says what to do.",
  options: {
    stage: { type: "text", value: "NAME", about: "The stage to check" },
    local: { type: "flag", about: "Check this machine (the default)" },
    json: { type: "flag", about: "Print the report as JSON" },
    "no-run": { type: "flag", about: "Skip the test run, which costs model money on a stage" },
  },
} as const satisfies Command;

/** Without settings nothing else can be checked. */
const settingsReport = (name: string, { message }: ConfigError): Report => {
  const [, ...problems] = message.split("\n");
  const lines = problems.map((problem) => ({
    check: "settings",
    ...failure(problem.trim(), "Change it in .env.{stage}, the environment or .env."),
  }));
  return report({ name: `stage ${name}`, secrets: {} }, lines);
};

/** The checks and, if nothing failed, one app built by the running Leo. */
const examineWithRun = async (target: Target, checks: Check[], withRun: boolean): Promise<Report> => {
  const found = await examine(target, checks, CHECK_MS);
  if (!withRun || !target.isUp) return found;
  const ran = await examine(target, [runCheck(found.ok)], RUN_MS);
  const lines = [...found.lines, ...ran.lines];
  return report(target, lines, [...found.leftOut, ...ran.leftOut]);
};

const examineStage = async (name: string, withRun: boolean): Promise<Report> => {
  const conflicts = enterStage(name).map((sentence) => warning(sentence.replace(/\.$/, "")));
  const found = await stageTarget(name, process.env).catch((error: unknown) => {
    if (error instanceof ConfigError) return settingsReport(name, error);
    throw error;
  });
  if ("lines" in found) return found;
  const { target, findings } = found;
  const settings = { name: "settings", run: async () => conflicts };
  const told = { name: "stage", run: async () => findings };
  return examineWithRun(target, [settings, told, ...STAGE_CHECKS], withRun);
};

const examineThisMachine = async (withRun: boolean): Promise<Report> => {
  const target = await localTarget(process.env);
  return examineWithRun(target, localChecks(target.isUp), withRun);
};

const main = async (): Promise<number> => {
  const { stage, local, json, "no-run": withoutRun } = readCommand(COMMAND);
  if (stage !== undefined && local) rejectUsage(COMMAND, "Choose one of --stage and --local.");
  const found = await (stage === undefined
    ? examineThisMachine(!withoutRun)
    : examineStage(stage, !withoutRun));
  const text = json ? JSON.stringify(found, undefined, 2) : render(found, process.stdout.isTTY);
  process.stdout.write(`${text}\n`);
  return found.ok ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
// Connections of abandoned checks must not keep the process alive.
process.stdout.write("", () => process.exit());
