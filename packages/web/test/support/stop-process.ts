import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const STOP_MS = 10_000;

/** Ends a process, by force if it does not end by itself. */
export const stopProcess = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(timer);
};
