import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { processEnv } from "@leo/local/start/orchestrator-env.ts";
import { CACHE_DIR } from "@leo/local/start/settings.ts";
import { expect } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const JUMPING_CLOCK = new URL("jumping-clock.ts", import.meta.url).href;

export interface OrchestratorProcess {
  port: number;
  generatorPort: number;
  /** What it printed. */
  output: () => string;
  /** Resolves once it answers. */
  healthy(): Promise<void>;
  /** Its wall clock jumps: an hour ahead, at the next call an hour behind, and back. */
  jumpClock(): Promise<void>;
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
  isRunning(): boolean;
}

/** Starts an orchestrator as a process of its own. */
export const spawnProcess = (
  { port, generatorPort }: Pick<OrchestratorProcess, "port" | "generatorPort">,
  env: Record<string, string>,
): OrchestratorProcess => {
  const lines: string[] = [];
  const child: ChildProcess = spawn(process.execPath, ["--import", JUMPING_CLOCK, MAIN], {
    env: { ...processEnv(CACHE_DIR), ...env, PORT: String(port), LEO_GENERATOR_PORT: String(generatorPort) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
    if (process.env["LEO_TEST_LOG"]) stream?.pipe(process.stderr, { end: false });
  }
  let jumps = 0;
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const status = async () => {
    if (!isRunning()) throw new Error(`the orchestrator ended: ${lines.join("")}`);
    return fetch(`http://127.0.0.1:${port}/health`).then(
      (response) => response.status,
      () => 0,
    );
  };
  return {
    port,
    generatorPort,
    output: () => lines.join(""),
    healthy: async () => {
      await expect.poll(status, { timeout: 120_000, interval: 50 }).toBe(200);
    },
    jumpClock: async () => {
      jumps += 1;
      child.kill("SIGUSR2");
      await expect.poll(() => lines.join("")).toContain(`jump ${jumps}:`);
    },
    isRunning,
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
};
