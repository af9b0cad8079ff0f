/**
 * The command with which the agent SDK starts its harness, repeated here so that the harness can start before the
 * SDK has loaded. The arguments are private to the SDK, so it's pinned exactly and a test compares the two.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { agentEnvironment } from "../process/environment.ts";
import type { RunPaths } from "../run-paths.ts";

const SDK = "@anthropic-ai/claude-agent-sdk";

/** The agent's tools. */
export const TOOLS = ["Bash", "Read", "Write", "Edit", "Glob", "Grep"];

export interface HarnessOptions {
  paths: RunPaths;
  model: { baseUrl: string; name: string; small: string };
  limits: { maxTurns: number; budgetUsd: number };
}

export interface Command {
  command: string;
  args: string[];
  cwd?: string | undefined;
  env: Record<string, string | undefined>;
}

const sdkPath = fileURLToPath(import.meta.resolve(SDK));

/**
 * Looks next to the installed SDK, because the bundled one lies elsewhere.
 * @returns undefined if it's not in the usual place: the SDK knows other places, or reports what's missing
 */
export const findHarness = (): string | undefined => {
  try {
    return createRequire(sdkPath).resolve(`${SDK}-${process.platform}-${process.arch}/claude`);
  } catch {
    return undefined;
  }
};

/** The command of a harness with no session to resume. @returns undefined if the SDK has to find the harness */
export const harnessCommand = ({ paths, model, limits }: HarnessOptions): Command | undefined => {
  const command = findHarness();
  if (!command) return undefined;
  const { version } = JSON.parse(readFileSync(join(dirname(sdkPath), "package.json"), "utf8")) as {
    version: string;
  };
  const tools = TOOLS.join(",");
  return {
    command,
    args: [
      "--output-format",
      "stream-json",
      "--verbose",
      "--input-format",
      "stream-json",
      `--max-turns=${limits.maxTurns}`,
      `--max-budget-usd=${limits.budgetUsd}`,
      `--model=${model.name}`,
      `--allowedTools=${tools}`,
      `--tools=${tools}`,
      "--setting-sources=",
      "--strict-mcp-config",
      "--permission-mode=dontAsk",
      "--include-partial-messages",
    ],
    cwd: paths.workspace,
    env: {
      ...agentEnvironment(paths, model),
      CLAUDE_CODE_ENTRYPOINT: "sdk-ts",
      CLAUDE_AGENT_SDK_VERSION: version,
      CLAUDE_CODE_SDK_READS_SESSION_STATE: "1",
    },
  };
};
