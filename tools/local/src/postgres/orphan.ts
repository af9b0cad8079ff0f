import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { signalProcess } from "../processes/kill-tree.ts";
import { commandLine } from "../processes/table.ts";

const POLL_MS = 20;
const PATIENCE_MS = 3_000;

/**
 * Ends a server that still runs on this data directory although whoever started it is gone (it was killed
 * together with its guardian). The caller holds the directory, so nobody else uses it.
 */
export const endOrphan = async (dataDir: string): Promise<void> => {
  const text = await readFile(path.join(dataDir, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!pid) return;
  const isOurs = async () => (await commandLine(pid)).includes(dataDir);
  if (!(await isOurs())) return;
  signalProcess(pid, "SIGQUIT");
  const giveUpAt = performance.now() + PATIENCE_MS;
  while ((await isOurs()) && performance.now() < giveUpAt) await delay(POLL_MS);
  if (await isOurs()) signalProcess(pid, "SIGKILL");
};
