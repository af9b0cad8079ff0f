import { readFile } from "node:fs/promises";

/** The kernel counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
const MIB_IN_KIB = 1_024;

const field = (status: string, name: string): number => {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1];
  if (found === undefined) throw new Error(`/proc has no ${name}`);
  return Number(found);
};

/** Memory in MiB that a process has in RAM: now, and at most so far. Linux only. */
export const residentMib = async (pid: number): Promise<{ now: number; peak: number }> => {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return { now: field(status, "VmRSS") / MIB_IN_KIB, peak: field(status, "VmHWM") / MIB_IN_KIB };
};

/** Processor time in seconds that a process has used, in user and in kernel mode together. Linux only. */
export const cpuSeconds = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold spaces; utime and stime are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

const FILES_NEEDED = 16_000;

/** @throws when a process may not open as many sockets as the benchmark needs */
export const checkFileLimit = async (): Promise<void> => {
  const limits = await readFile("/proc/self/limits", "utf8");
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? "0";
  if (soft === "unlimited" || Number(soft) >= FILES_NEEDED) return;
  throw new Error(
    `A process may open ${soft} files here; the benchmark needs ${FILES_NEEDED} ("ulimit -n ${FILES_NEEDED}").`,
  );
};
