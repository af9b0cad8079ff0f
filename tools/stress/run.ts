/** One run of the tests as a process, with its output in a file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import path from "node:path";
import type { Outcome } from "../local/src/testing/outcome.ts";
import type { Run } from "./report.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const REPORTER = "tools/local/src/testing/outcome.ts";

export interface RunOptions {
  /** Parts of paths, as vitest takes them; none: every test. */
  files: string[];
  /** Where the log and the outcome go. */
  directory: string;
  number: number;
  /** Ends the run as Ctrl-C does. */
  stop: AbortSignal;
}

const readOutcome = async (file: string): Promise<Outcome | undefined> => {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Outcome);
};

/** Runs the tests once. Resolves when the process has ended, however it did. */
export const runOnce = async ({ files, directory, number, stop }: RunOptions): Promise<Run> => {
  const logFile = path.join(directory, `run-${number}.log`);
  const outcomeFile = path.join(directory, `run-${number}.json`);
  const args = [
    "run",
    "--config",
    "tools/local/vitest.config.ts",
    "--reporter=default",
    `--reporter=${REPORTER}`,
  ];
  const log = await open(logFile, "w");
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [path.join(ROOT, "node_modules/vitest/vitest.mjs"), ...args, ...files],
    {
      cwd: ROOT,
      env: { ...process.env, LEO_TEST_OUTCOME: outcomeFile },
      stdio: ["ignore", log.fd, log.fd],
      // A group of its own: Ctrl-C reaches it once, through `stop`, and not a second time from the terminal.
      detached: true,
    },
  );
  const exited = once(child, "exit") as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  await log.close();
  const interrupt = () => child.kill("SIGINT");
  stop.addEventListener("abort", interrupt);
  const [code, signal] = await exited;
  stop.removeEventListener("abort", interrupt);
  return {
    durationMs: performance.now() - startedAt,
    outcome: await readOutcome(outcomeFile),
    exit: String(code ?? signal),
    logFile,
  };
};
