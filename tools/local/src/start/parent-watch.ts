import { commandLine, processTable } from "../processes/table.ts";

const INTERVAL_MS = 500;
const SHELL = /^(\S*\/)?(sh|bash|dash|zsh|ash|ksh) -c /;

/** npm runs a script in a shell; the shell may have been replaced by this process, or stand between. */
const npmProcesses = async (): Promise<number[]> => {
  if (!SHELL.test(await commandLine(process.ppid))) return [process.ppid];
  const shell = (await processTable()).find(({ pid }) => pid === process.ppid);
  return shell ? [shell.pid, shell.parentPid] : [process.ppid];
};

/**
 * Calls `gone` once when the npm that runs this process has been killed: nobody is left who could be asked
 * to stop it. Run without npm, nothing is watched.
 * @returns ends the watch
 */
export const watchNpm = async (gone: () => void): Promise<() => void> => {
  if (!process.env.npm_lifecycle_event || process.platform === "win32") return () => undefined;
  const table = await processTable();
  const watched = (await npmProcesses())
    .filter((pid) => pid > 1)
    .map((pid) => ({ pid, started: table.find((info) => info.pid === pid)?.started }));
  const look = async () => {
    const now = await processTable();
    if (watched.every(({ pid, started }) => now.some((info) => info.pid === pid && info.started === started)))
      return;
    clearInterval(timer);
    gone();
  };
  const timer = setInterval(() => void look(), INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
};
