/**
 * SST overrules the environment with `.env.{stage}` before it runs us, and says nothing. What the shell had
 * is still in the record that Linux keeps of the environment that SST's own process was started with.
 */
import { readFileSync } from "node:fs";
import type { Environment } from "./env-files.ts";

/** Another user's process, or one that has just ended, cannot be read; neither can any on macOS. */
const readProcess = (pid: number, file: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "EACCES", "EPERM", "ESRCH"].includes(code)) return undefined;
    throw error;
  }
};

/**
 * The environment that the nearest `sst` among this process's ancestors was started with.
 * @returns undefined when there is none, or the system does not tell
 */
export const shellEnvironment = (pid: number = process.ppid): Environment | undefined => {
  const status = readProcess(pid, "status");
  if (status === undefined) return undefined;
  const [, name] = /^Name:\s*(.*)$/m.exec(status) ?? [];
  const parent = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
  if (name !== "sst") return parent > 0 ? shellEnvironment(parent) : undefined;
  const entries = readProcess(pid, "environ")?.split("\0").filter(Boolean);
  return (
    entries &&
    Object.fromEntries(
      entries.map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
    )
  );
};
