/** `sst` as a child: its output passes through, and an interrupt reaches it once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");

export interface SstOptions {
  /** The program; the project's own `sst` unless a test says otherwise. */
  command?: string;
  signal: AbortSignal;
}

export interface SstEnd {
  /** Undefined when a signal ended it. */
  exitCode: number | undefined;
}

/**
 * Runs `sst` to its end, also after an interrupt: it then stops what it does and unlocks its state.
 * It has a process group of its own. Otherwise the terminal would interrupt it as well, and the second
 * interrupt would make it leave its state locked; and its launcher, which does not pass signals on, would get
 * the only one.
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
