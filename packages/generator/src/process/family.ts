/**
 * The processes of one run: everything with the run's HOME in its environment, however it was started and whoever
 * its parent is. Only Linux shows environments; elsewhere a run is its process groups.
 */
import { readdir, readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isSystemError } from "../error-text.ts";

const isPid = (name: string) => /^\d+$/.test(name);

/** Positions in `/proc/{pid}/stat`, counted after the program's name. */
const [STATE, FLAGS, ENVIRONMENT_END] = [0, 6, 48];
const KERNEL_THREAD = 0x00200000;
/** A zombie, or dead. */
const ENDED = new Set(["Z", "X"]);

/** Where the process's environment ends in its memory; undefined for a process without memory. */
const environmentEnd = async (pid: string): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (ENDED.has(fields[STATE] ?? "") || Number(fields[FLAGS]) & KERNEL_THREAD) return undefined;
  return fields[ENVIRONMENT_END];
};

/**
 * The environment a process was started with. In the middle of `execve` a process has none: the old one is gone, the
 * new one isn't written yet (its end is at 0), and on a busy machine that can last. The end is elsewhere after each
 * `execve`, so seeing the same end twice means that the environment really is empty.
 */
const environmentOf = async (pid: string): Promise<string> => {
  let seen: string | undefined;
  for (;;) {
    const environment = await readFile(`/proc/${pid}/environ`, "latin1");
    if (environment !== "") return environment;
    const end = await environmentEnd(pid);
    if (end === undefined || (end !== "0" && end === seen)) return "";
    seen = end;
    await nextTurn();
  }
};

const hasVariable = async (pid: string, name: string, value: string): Promise<boolean> => {
  try {
    const environment = `\0${await environmentOf(pid)}`;
    // While bash starts, it briefly overwrites the `=` with NUL.
    return ["=", "\0"].some((between) => environment.includes(`\0${name}${between}${value}\0`));
  } catch {
    // It has ended, or belongs to another user.
    return false;
  }
};

/** Ids of the running processes with this `HOME`. */
export const findFamily = async (home: string): Promise<number[]> => {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter(isPid);
  const own = await Promise.all(pids.map((pid) => hasVariable(pid, "HOME", home)));
  return pids.filter((_, index) => own[index]).map(Number);
};

/** Sends a signal. A process or group that has already gone is ignored. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isSystemError(error, "ESRCH")) throw error;
  }
};

/** Kills every process of a run, repeatedly until none is left that could start another. */
export const killFamily = async (home: string): Promise<void> => {
  for (let round = 0; round < 20; round += 1) {
    const pids = await findFamily(home);
    if (pids.length === 0) return;
    for (const pid of pids) signalProcess(pid, "SIGKILL");
  }
};
