import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

export interface ProcessInfo {
  pid: number;
  parentPid: number;
  groupId: number;
  /** When it started, in the system's own form: with the pid it names a process for good. */
  started: string;
}

const run = promisify(execFile);

/** A process may end while it is being read; it is then simply not there. */
const ifThere = async <T>(read: Promise<T>): Promise<T | undefined> => {
  try {
    return await read;
  } catch {
    return undefined;
  }
};

/** `stat` of Linux: the program's name is in parentheses and may hold anything, so read after the last one. */
const parseStat = (pid: number, stat: string): ProcessInfo | undefined => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") return undefined;
  return { pid, parentPid: Number(fields[1]), groupId: Number(fields[2]), started: fields[19] ?? "" };
};

const linuxPids = async (): Promise<number[]> =>
  (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);

const linuxTable = async (): Promise<ProcessInfo[]> => {
  const found = await Promise.all(
    (await linuxPids()).map(async (pid) => {
      const stat = await ifThere(readFile(`/proc/${pid}/stat`, "utf8"));
      return stat ? parseStat(pid, stat) : undefined;
    }),
  );
  return found.filter((info) => info !== undefined);
};

const psTable = async (): Promise<ProcessInfo[]> => {
  const columns = "pid=,ppid=,pgid=,stat=,lstart=";
  const { stdout } = await run("ps", ["-axo", columns], { maxBuffer: 16 * 1024 * 1024 });
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid, , , state]) => pid && !state?.startsWith("Z"))
    .map(([pid, parentPid, groupId, , ...started]) => ({
      pid: Number(pid),
      parentPid: Number(parentPid),
      groupId: Number(groupId),
      started: started.join(" "),
    }));
};

/** Every living process of this machine that this user may see; zombies are left out. */
export const processTable = async (): Promise<ProcessInfo[]> =>
  process.platform === "linux" ? linuxTable() : psTable();

/** Program and arguments of a process; empty when it is gone. */
export const commandLine = async (pid: number): Promise<string> => {
  if (process.platform === "linux") {
    const text = await ifThere(readFile(`/proc/${pid}/cmdline`, "utf8"));
    return text?.replaceAll("\0", " ").trim() ?? "";
  }
  const answer = await ifThere(run("ps", ["-o", "command=", "-p", String(pid)]));
  return answer?.stdout.trim() ?? "";
};

/** `roots` and all that descends from them, as the table has it now. */
export const withDescendants = (table: ProcessInfo[], roots: Iterable<number>): Set<number> => {
  const children = new Map<number, number[]>();
  for (const { pid, parentPid } of table) children.set(parentPid, [...(children.get(parentPid) ?? []), pid]);
  const found = new Set<number>();
  const waiting = [...roots];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    if (found.has(pid)) continue;
    found.add(pid);
    waiting.push(...(children.get(pid) ?? []));
  }
  return found;
};

/** What still tells where a process belongs after its parents are gone and it took a session of its own. */
export interface Mark {
  /** `NAME=value` in its environment, or with more path below the value … */
  environment: string;
  /** … or a working directory at or below this one. */
  directory?: string;
}

const isAtOrBelow = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`);

const carries = async (pid: number, mark: Mark): Promise<boolean> => {
  const environment = await ifThere(readFile(`/proc/${pid}/environ`, "utf8"));
  if (environment?.split("\0").some((entry) => isAtOrBelow(entry, mark.environment))) return true;
  if (!mark.directory) return false;
  return isAtOrBelow((await ifThere(readlink(`/proc/${pid}/cwd`))) ?? "", mark.directory);
};

/**
 * Processes that carry one of the marks. Linux tells a process's environment and directory cheaply;
 * elsewhere the answer is empty and only descent finds them.
 */
export const markedProcesses = async (marks: Mark[]): Promise<number[]> => {
  if (process.platform !== "linux" || marks.length === 0) return [];
  const pids = (await linuxPids()).filter((pid) => pid !== process.pid);
  const carried = await Promise.all(
    pids.map(async (pid) => (await Promise.all(marks.map(async (mark) => carries(pid, mark)))).some(Boolean)),
  );
  return pids.filter((_, index) => carried[index]);
};
