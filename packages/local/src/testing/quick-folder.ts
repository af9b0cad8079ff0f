import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";

/** Linux keeps what lies here in memory alone. A container may have next to nothing of it. */
const IN_MEMORY = "/dev/shm";
/** Several times what the databases of a whole run take. */
const ROOM_BYTES = 4 * 2 ** 30;

/**
 * The folder for files that need not outlive the run and are made and removed all the time: in memory where
 * there is room, where the kernel needs a fraction of the work for them. Nothing may be executed from it.
 */
export const quickFolder = async (): Promise<string> => {
  if (!existsSync(IN_MEMORY) || process.availableMemory() < ROOM_BYTES) return tmpdir();
  const { bavail, bsize } = await statfs(IN_MEMORY);
  return bavail * bsize < ROOM_BYTES ? tmpdir() : IN_MEMORY;
};
