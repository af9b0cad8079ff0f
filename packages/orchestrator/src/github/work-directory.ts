import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "leo-push-";

const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 3 });

/** Runs with an empty directory that's removed afterwards. Its name identifies its owner. */
export const withWorkDirectory = async <T>(run: (directory: string) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    return await run(directory);
  } finally {
    await remove(directory);
  }
};

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH";
  }
};

/** Removes what killed processes left behind. Call it before any work starts. */
export const removeLeftDirectories = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : undefined;
    if (pid !== undefined && !isAlive(pid)) await remove(join(tmpdir(), name));
  }
};
