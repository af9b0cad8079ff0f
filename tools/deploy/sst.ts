/** `sst` as a child: its output passes through, and an interrupt reaches it once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");

export interface SstOptions {
  /** The program; the project's `sst` except in tests. */
  command?: string;
  signal: AbortSignal;
}

export interface SstEnd {
  /** Undefined if a signal ended it. */
  exitCode: number | undefined;
}

/**
 * Runs `sst` until it exits, even after an interrupt: it then stops its work and unlocks its state. It has its
 * own process group. Otherwise the terminal would interrupt it too, and a second interrupt makes it leave its
 * state locked; or its launcher, which doesn't pass signals on, would get the only one.
 */
export const runSst = async (args: string[], { command, signal }: SstOptions): Promise<SstEnd> => {
  signal.throwIfAborted();
  const child = spawn(command ?? path.join(ROOT, "node_modules/.bin/sst"), args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  const interrupt = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGINT");
  };
  signal.addEventListener("abort", interrupt, { once: true });
  try {
    const [exitCode] = (await once(child, "exit")) as [number | null];
    return { exitCode: exitCode ?? undefined };
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
};
