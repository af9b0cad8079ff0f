import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { markedProcesses, processTable, withDescendants, type Mark } from "./table.ts";

/** Sends a signal; false when there is no such process any more. A negative pid means its group. */
export const signalProcess = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    // EPERM: there, but not ours to signal. A recycled pid is left alone.
    if ((error as NodeJS.ErrnoException).code === "EPERM") return false;
    throw error;
  }
};

/** The process's own group and, on Windows, its tree. */
export const signalGroup = (pid: number, signal: "SIGTERM" | "SIGKILL"): void => {
  if (process.platform === "win32") {
    execFile("taskkill", ["/pid", String(pid), "/T", "/F"], () => undefined);
    return;
  }
  signalProcess(-pid, signal);
};

export interface Tree {
  /** Processes to end, with all that descends from them and their groups. */
  roots: number[];
  marks: Mark[];
  /** Processes once seen below the roots, by pid, with their start: they belong even when reparented. */
  known?: ReadonlyMap<number, string>;
}

/** All living processes of a tree: by descent, by group, by mark, by having been seen. Never this process. */
export const treeMembers = async ({ roots, marks, known }: Tree): Promise<Map<number, string>> => {
  const [table, marked] = await Promise.all([processTable(), markedProcesses(marks)]);
  const remembered = table.filter(({ pid, started }) => known?.get(pid) === started).map(({ pid }) => pid);
  const leaders = new Set([...roots, ...remembered]);
  const inGroup = table.filter(({ groupId }) => leaders.has(groupId)).map(({ pid }) => pid);
  const members = withDescendants(table, [...leaders, ...inGroup, ...marked]);
  members.delete(process.pid);
  return new Map(table.filter(({ pid }) => members.has(pid)).map(({ pid, started }) => [pid, started]));
};

const PAUSE_MS = 20;
const ROUNDS = 50;

/**
 * Ends a whole tree with SIGKILL, again and again until none is left: what is being killed may be forking.
 * @returns pids that outlived it (uninterruptible in the kernel), normally none
 */
export const killTree = async (tree: Tree): Promise<number[]> => {
  const known = new Map(tree.known);
  for (let round = 0; round < ROUNDS; round++) {
    const members = await treeMembers({ ...tree, known });
    if (members.size === 0) return [];
    for (const [pid, started] of members) {
      known.set(pid, started);
      signalProcess(pid, "SIGKILL");
    }
    await delay(PAUSE_MS);
  }
  return [...(await treeMembers({ ...tree, known })).keys()];
};
