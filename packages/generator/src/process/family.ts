/**
 * The processes of one run: everything whose environment names the run's own HOME, however it was
 * started and whoever its parent is now. Only Linux tells; elsewhere a run is its process groups.
 */
import { readdir, readFile } from "node:fs/promises";
import { isSystemError } from "../error-text.ts";

const isPid = (name: string) => /^\d+$/.test(name);

const hasEnvironment = async (pid: string, entry: string): Promise<boolean> => {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, "latin1");
    return `\0${environment}`.includes(entry);
  } catch {
    // It ended meanwhile, or belongs to another user.
    return false;
  }
};

/** Ids of the running processes whose `HOME` is this directory. */
export const findFamily = async (home: string): Promise<number[]> => {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter(isPid);
  const own = await Promise.all(pids.map((pid) => hasEnvironment(pid, `\0HOME=${home}\0`)));
  return pids.filter((_, index) => own[index]).map(Number);
};

/** Sends a signal; a process or group that has gone already is no fault. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isSystemError(error, "ESRCH")) throw error;
  }
};

/** Kills every process of a run, again until none is left that could start another. */
export const killFamily = async (home: string): Promise<void> => {
  for (let round = 0; round < 20; round += 1) {
    const pids = await findFamily(home);
    if (pids.length === 0) return;
    for (const pid of pids) signalProcess(pid, "SIGKILL");
  }
};
