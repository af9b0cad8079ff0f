import { randomBytes } from "node:crypto";
import { access, constants, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { StartError } from "../start-error.ts";

const LOG_MAX_BYTES = 10 * 1024 * 1024;
const TASK_LOGS_KEPT = 200;

const DISK: Record<string, string> = {
  ENOSPC: "The disk is full",
  EDQUOT: "The disk quota is used up",
  EROFS: "The disk is read-only",
  EACCES: "This user may not write there",
  EPERM: "This user may not write there",
  // What Node makes of a read-only file system when it creates several directories at once.
  ENOENT: "The directory cannot be made",
  ENOTDIR: "Something in the path is not a directory",
};

/** A disk's refusal as one sentence; anything else is given back as it is. */
export const explainDisk = (error: unknown, dataDir: string): unknown => {
  const what = DISK[(error as NodeJS.ErrnoException).code ?? ""];
  return what ? new StartError(`${what}: Leo keeps its data in ${dataDir}.`, { cause: error }) : error;
};

const empty = async (directory: string): Promise<void> => {
  const names = await readdir(directory);
  await Promise.all(
    names.map(async (name) => rm(path.join(directory, name), { recursive: true, force: true })),
  );
};

const tidyLogs = async (logDir: string): Promise<void> => {
  const entries = await readdir(logDir, { withFileTypes: true });
  const aged = await Promise.all(
    entries.map(async (entry) => {
      const file = path.join(logDir, entry.name);
      const { mtimeMs, size } = await stat(file);
      return { file, mtimeMs, size, isDirectory: entry.isDirectory() };
    }),
  );
  const tasks = aged.filter(({ isDirectory }) => isDirectory).toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  const old = tasks.slice(TASK_LOGS_KEPT).map(async ({ file }) => rm(file, { recursive: true, force: true }));
  const large = aged
    .filter(({ file, isDirectory, size }) => !isDirectory && file.endsWith(".log") && size > LOG_MAX_BYTES)
    .map(async ({ file }) => rename(file, `${file}.1`));
  await Promise.all([...old, ...large]);
};

/** Makes the data directory, empties it when asked, and keeps its logs small. @throws StartError */
export const prepareDataDir = async (dataDir: string, logDir: string, fresh: boolean): Promise<void> => {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK);
    if (fresh) await empty(dataDir);
    await mkdir(logDir, { recursive: true });
    await tidyLogs(logDir);
  } catch (error) {
    throw explainDisk(error, dataDir);
  }
};

/** A random secret of this data directory, made once. */
export const localSecret = async (dataDir: string, name: string): Promise<string> => {
  const file = path.join(dataDir, name);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw explainDisk(error, dataDir);
  }
  const secret = randomBytes(24).toString("base64url");
  await writeFile(file, secret, { mode: 0o600 }).catch((error: unknown) => {
    throw explainDisk(error, dataDir);
  });
  return secret;
};

/** A port used before, so that what was made with it (a token's issuer) stays valid. */
export const rememberedPort = async (dataDir: string, name: string): Promise<number> => {
  const text = await readFile(path.join(dataDir, `${name}.port`), "utf8").catch(() => "0");
  return Number(text) || 0;
};

export const rememberPort = async (dataDir: string, name: string, port: number): Promise<void> =>
  writeFile(path.join(dataDir, `${name}.port`), String(port));
