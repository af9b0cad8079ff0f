import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Linux keeps what lies here in memory alone. A container may have next to nothing of it. */
const IN_MEMORY = "/dev/shm";
/** Several times what a whole run writes, and room for its processes beside that. */
const ROOM_BYTES = 2 ** 31;
const MEMORY_BYTES = 3 * ROOM_BYTES;

/** Containers often have it without the right to execute what lies in it. */
const mayExecute = async (folder: string): Promise<boolean> => {
  const made = await mkdtemp(path.join(folder, "leo-test-"));
  const program = path.join(made, "program");
  try {
    await writeFile(program, "#!/bin/sh\n", { mode: 0o700 });
    execFileSync(program);
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EACCES") return false;
    throw cause;
  } finally {
    await rm(made, { recursive: true });
  }
};

/**
 * The folder for files that need not outlive the run and are made and removed all the time: in memory where
 * there is room, where the kernel needs a fraction of the work for them.
 */
export const quickFolder = async (): Promise<string> => {
  if (!existsSync(IN_MEMORY) || process.availableMemory() < MEMORY_BYTES) return tmpdir();
  const { bavail, bsize } = await statfs(IN_MEMORY);
  const isGood = bavail * bsize >= ROOM_BYTES && (await mayExecute(IN_MEMORY));
  return isGood ? IN_MEMORY : tmpdir();
};
