/** `.leo/run.json`: who runs from this data directory, and where its parts listen. It is also the lock. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { processTable } from "../processes/table.ts";
import { StartError } from "../start-error.ts";

const RunFile = z.object({
  pid: z.int(),
  /** When that process started, so that a recycled pid is not taken for it. */
  started: z.string(),
  /** The web UI. */
  url: z.string(),
  endpoints: z.record(z.string(), z.string()),
  /** The long-running children that run now. */
  pids: z.record(z.string(), z.int()),
});
export type RunFile = z.infer<typeof RunFile>;

const fileIn = (dataDir: string): string => path.join(dataDir, "run.json");

const read = async (dataDir: string): Promise<RunFile | undefined> => {
  try {
    return RunFile.parse(JSON.parse(await readFile(fileIn(dataDir), "utf8")));
  } catch {
    // Missing, or half written by a run that was killed: nobody holds it.
    return undefined;
  }
};

const startOf = async (pid: number): Promise<string | undefined> =>
  (await processTable()).find((info) => info.pid === pid)?.started;

/** Whoever runs from this directory right now. */
export const runningLeo = async (dataDir: string): Promise<RunFile | undefined> => {
  const held = await read(dataDir);
  if (!held) return undefined;
  return (await startOf(held.pid)) === held.started ? held : undefined;
};

/** @throws StartError when another Leo runs from this directory */
export const refuseSecondRun = async (dataDir: string): Promise<void> => {
  const other = await runningLeo(dataDir);
  if (!other || other.pid === process.pid) return;
  throw new StartError(
    `Leo already runs from ${dataDir} (${other.url}, process ${other.pid}). Stop that one first, with Ctrl-C.`,
  );
};

export const writeRunFile = async (
  dataDir: string,
  run: Pick<RunFile, "url" | "endpoints" | "pids">,
): Promise<void> => {
  const started = (await startOf(process.pid)) ?? "";
  const content = JSON.stringify({ pid: process.pid, started, ...run }, undefined, 2);
  // Beside and renamed: it is the lock, and a full disk must not leave half of it.
  const file = fileIn(dataDir);
  await writeFile(`${file}.new`, `${content}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
};

export const removeRunFile = async (dataDir: string): Promise<void> => rm(fileIn(dataDir), { force: true });
