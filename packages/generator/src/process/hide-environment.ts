import { closeSync, readFileSync } from "node:fs";

const takeOver = (pipe: number): void => {
  const entries = readFileSync(pipe, "utf8").split("\0").slice(0, -1);
  closeSync(pipe);
  delete process.env.LEO_HANDED_OVER;
  for (const entry of entries) {
    const [name = ""] = entry.split("=", 1);
    process.env[name] = entry.slice(name.length + 1);
  }
};

/**
 * Puts the private variables into `process.env` that `hide-environment.sh` has removed from the environment that
 * other processes can read. A process that was started without the script replaces itself by one that was. Linux
 * only: other systems neither show environments nor allow this.
 * @param script the path of `hide-environment.sh`
 */
export const hideEnvironment = (script: string): void => {
  const { LEO_HANDED_OVER: pipe } = process.env;
  if (pipe) return takeOver(Number(pipe));
  if (process.platform !== "linux" || !process.execve) return;
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve("/bin/bash", ["bash", script, ...command], process.env);
};
