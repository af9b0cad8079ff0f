/**
 * Ends what the local cloud has started when the local cloud itself is killed.
 *
 * A process of its own, in a session of its own. It holds one end of a pipe (its stdin); the other end is
 * in the parent only. Lines: `+PID`, `+PID SIGNAL` (ask with this signal first), `-PID`. When the pipe
 * closes, for whatever reason, every process still registered ends with all that descends from it, and so
 * does everything that carries the mark of the work directory, the only argument.
 */
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { setTimeout as delay } from "node:timers/promises";
import { containerMark } from "./container-mark.ts";
import { killTree, signalProcess } from "./kill-tree.ts";
import { processTable } from "./table.ts";

const ASKED_GRACE_MS = 2_000;

const [workDir = ""] = process.argv.slice(2);
const registered = new Map<number, NodeJS.Signals | undefined>();

// Ctrl-C and a closing terminal are the parent's business; this process goes when the parent is gone.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

const livesOn = async (pids: number[]): Promise<boolean> =>
  (await processTable()).some(({ pid }) => pids.includes(pid));

for await (const line of createInterface({ input: process.stdin })) {
  const [pid = "", signal] = line.slice(1).split(" ");
  if (line.startsWith("+")) registered.set(Number(pid), signal as NodeJS.Signals | undefined);
  if (line.startsWith("-")) registered.delete(Number(pid));
}

const asked = [...registered].filter(([, signal]) => signal !== undefined);
const killed = [...registered.keys()].filter((pid) => !registered.get(pid));
for (const [pid, signal] of asked) signalProcess(pid, signal ?? "SIGTERM");
await killTree({ roots: killed, marks: [containerMark(workDir)] });
const askedPids = asked.map(([pid]) => pid);
const giveUpAt = performance.now() + ASKED_GRACE_MS;
while (performance.now() < giveUpAt && (await livesOn(askedPids))) await delay(20);
await killTree({ roots: askedPids, marks: [] });
await rm(workDir, { recursive: true, force: true });
