import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { signalProcess } from "./family.ts";

/** Processes and threads that a run may add to its user's. The agent and a build need about 150. */
const PROCESS_HEADROOM = 1_500;
/** In units of 1,024 bytes. */
const FILE_MAX_BLOCKS = 1024 * 1024;

/**
 * Sets limits, leaves a guard behind and becomes the command.
 *
 * The kernel counts processes per user, so the limit is the user's current number plus the headroom. Root is exempt:
 * there the watch over the run's processes is the only limit. A limit that the system won't set stays as it is.
 *
 * The guard waits for the end of a pipe that the generator holds. When the generator has gone, for whatever reason,
 * the guard kills the command's process group and, on Linux, first everything else with the run's HOME, because the
 * agent starts its tools in groups of their own. It looks until it finds nothing twice in a row: a process that is
 * just starting shows no environment.
 */
const SET_LIMITS = `
ulimit -c 0; ulimit -f "$0"; ulimit -u "$1" 2>/dev/null; shift
(
  read -r -u 3
  for ((round = 0, quiet = 0; round < 20 && quiet < 2; round++)); do
    ((quiet++))
    for found in $(grep -lszFx "HOME=$HOME" /proc/[0-9]*/environ); do
      pid=\${found#/proc/}; pid=\${pid%/environ}
      [ "$pid" != "$BASHPID" ] && kill -KILL "$pid" && quiet=0
    done
  done
  kill -KILL 0
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** A process's threads, from the link count of its task directory; 0 if it has ended. */
const threadsOf = (pid: string): number => {
  try {
    return statSync(`/proc/${pid}/task`).nlink - 2;
  } catch {
    return 0;
  }
};

/** Threads on this machine, at least those that count against `ulimit -u`; 0 if they can't be read. */
const countThreads = (): number => {
  if (process.platform !== "linux") return 0;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + threadsOf(pid), 0);
};

let processLimit: number | undefined;

/** Counted once, because the headroom is for the run rather than for each of its commands. */
export const readProcessLimit = (): number => (processLimit ??= countThreads() + PROCESS_HEADROOM);

/** Kills a command and everything in its process group. */
export const killGroup = ({ pid }: ChildProcess): void => {
  if (pid !== undefined) signalProcess(-pid, "SIGKILL");
};

/**
 * Starts a command in its own process group, with limits on processes, file size and core dumps. The group ends with
 * the command or with this process.
 * @param limit from `readProcessLimit`
 */
export const spawnLimited = (
  command: string,
  args: readonly string[],
  { stdio, ...options }: Omit<SpawnOptions, "stdio"> & { stdio: ("pipe" | "ignore" | "inherit")[] },
  limit: number,
): ChildProcess => {
  const child = spawn(
    "/bin/bash",
    ["-c", SET_LIMITS, String(FILE_MAX_BLOCKS), String(limit), command, ...args],
    { ...options, detached: true, stdio: [...stdio, "pipe"] },
  );
  child.once("exit", () => killGroup(child));
  return child;
};
