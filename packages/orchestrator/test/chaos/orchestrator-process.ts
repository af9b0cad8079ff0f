import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface OrchestratorProcess {
  port: number;
  /** What it printed. */
  output: () => string;
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
  isRunning(): boolean;
}

/** Starts an orchestrator as a process of its own and waits until it answers. */
export const startProcess = async (
  port: number,
  env: Record<string, string>,
): Promise<OrchestratorProcess> => {
  const lines: string[] = [];
  const child: ChildProcess = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env["PATH"] ?? "", ...env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout?.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  if (process.env["LEO_TEST_LOG"]) {
    child.stdout?.pipe(process.stderr, { end: false });
    child.stderr?.pipe(process.stderr, { end: false });
  }
  child.stderr?.on("data", (chunk: Buffer) => lines.push(chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const isHealthy = () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(isHealthy, { timeout: 60_000, interval: 50, message: lines.join("") }).toBe(200);
  return {
    port,
    output: () => lines.join(""),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
};
