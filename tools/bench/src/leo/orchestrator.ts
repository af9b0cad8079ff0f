import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import path from "node:path";
import type { Guardian } from "@leo/local/processes/guardian.ts";
import { ROOT } from "@leo/local/start/settings.ts";
import { until } from "@leo/local/testing/until.ts";

const MAIN = path.join(ROOT, "packages/orchestrator/src/main.ts");
const READY_MS = 60_000;

export interface OrchestratorProcess {
  pid: number;
  url: string;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

export interface OrchestratorProcessOptions {
  /** The whole environment, `PORT` included. */
  env: Record<string, string>;
  logFile: string;
  guardian: Guardian;
  /** Arguments of `node` before the program, such as `--cpu-prof`. */
  nodeArgs?: string[];
}

/** Starts the orchestrator as a process of its own. Resolves once `/health` answers 200. */
export const startOrchestratorProcess = async ({
  env,
  logFile,
  guardian,
  nodeArgs = [],
}: OrchestratorProcessOptions): Promise<OrchestratorProcess> => {
  const log = await open(logFile, "a");
  const child = spawn(process.execPath, [...nodeArgs, "--disable-warning=ExperimentalWarning", MAIN], {
    env,
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  const { pid = 0 } = child;
  guardian.register(pid, "SIGTERM");
  const exited = once(child, "exit").finally(() => guardian.unregister(pid));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const url = `http://127.0.0.1:${env["PORT"]}`;
  const isHealthy = async () => {
    if (hasEnded()) throw new Error(`the orchestrator ended:\n${await readFile(logFile, "utf8")}`);
    return fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await until("the orchestrator", isHealthy, READY_MS);
  return {
    pid,
    url,
    end: async (signal) => {
      if (hasEnded()) return;
      child.kill(signal);
      await exited;
    },
  };
};
