import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { signalProcess } from "./family.ts";

/** Processes and threads that a run may add to those that its user has. The agent and a build need about 150. */
const PROCESS_HEADROOM = 1_500;
/** In units of 1,024 bytes. */
const FILE_MAX_BLOCKS = 1024 * 1024;

/**
 * Sets limits, leaves a guard behind and becomes the command.
 *
 * The kernel counts processes per user, so their limit is what the user has plus the headroom; root
 * is exempt, for whom the watch over the run's processes is the only limit. A limit that the system
 * refuses to set is left as it is.
 *
 * The guard waits for the end of a pipe that the generator holds: when the generator is gone,
 * however it went, the command's process group is killed, and on Linux first everything else with
 * the run's HOME, since the agent starts its tools in groups of their own. It looks until two looks in a
 * row find nobody: a process that is just being started shows no environment.
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

/** A process's threads, which are its task directory's links beside the usual two; 0 when it has ended meanwhile. */
const threadsOf = (pid: string): number => {
  try {
    return statSync(`/proc/${pid}/task`).nlink - 2;
  } catch {
    return 0;
  }
};

/** Threads of this machine: at least those that the kernel counts against `ulimit -u`. 0 where they cannot be read. */
const countThreads = (): number => {
  if (process.platform !== "linux") return 0;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + threadsOf(pid), 0);
};

let processLimit: number | undefined;

/** Counts once: the headroom is meant for the run, not for each of its commands. */
export const readProcessLimit = (): number => (processLimit ??= countThreads() + PROCESS_HEADROOM);

/** Kills a command and everything in its process group. */
export const killGroup = ({ pid }: ChildProcess): void => {
  if (pid !== undefined) signalProcess(-pid, "SIGKILL");
};

/**
 * Starts a command in a process group of its own, with limits on processes, file size and cores.
 * The group ends with the command, and with this process.
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
