import { randomBytes } from "node:crypto";
import {
  access,
  chmod,
  constants,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { isDiskFull } from "../log-file.ts";
import { StartError } from "../start-error.ts";

const LOG_MAX_BYTES = 10 * 1024 * 1024;
const TASK_LOGS_KEPT = 200;
const SECRET_BYTES = 12;

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

const TOLD_AGAIN_MS = 60_000;

/**
 * Tells the person of errors of the disk that end nothing, at most once a minute.
 * @returns whether the error is one of them
 */
export const diskFaults = (
  dataDir: string,
  say: (sentence: string) => void,
): ((error: unknown) => boolean) => {
  let toldAtMs = -Infinity;
  return (error) => {
    if (!isDiskFull(error)) return false;
    if (performance.now() - toldAtMs > TOLD_AGAIN_MS) {
      toldAtMs = performance.now();
      const { message } = explainDisk(error, dataDir) as StartError;
      say(`${message} What could not be stored has failed; free some space, and Leo goes on.`);
    }
    return true;
  };
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

const readSecret = async (file: string): Promise<string> => {
  try {
    const secret = (await readFile(file, "utf8")).trim();
    await chmod(file, 0o600);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
};

/** Beside and renamed: a full disk leaves no half secret. */
const writeSecret = async (file: string, secret: string): Promise<void> => {
  await rm(`${file}.new`, { force: true });
  await writeFile(`${file}.new`, secret, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
};

/**
 * A secret of this data directory, in a file that only this user may read. A random one is made when there is none.
 * @param chosen takes the place of the one before
 * @throws StartError when the disk refuses
 */
export const localSecret = async (dataDir: string, name: string, chosen?: string): Promise<string> => {
  const file = path.join(dataDir, name);
  try {
    const before = await readSecret(file);
    if (before && (!chosen || chosen === before)) return before;
    const secret = chosen ?? randomBytes(SECRET_BYTES).toString("base64url");
    await writeSecret(file, secret);
    return secret;
  } catch (error) {
    throw explainDisk(error, dataDir);
  }
};

/** Holds the password of both local users. */
export const LOCAL_PASSWORD_FILE = "local.password";

/** A port used before, so that what was made with it (a token's issuer) stays valid. */
export const rememberedPort = async (dataDir: string, name: string): Promise<number> => {
  const text = await readFile(path.join(dataDir, `${name}.port`), "utf8").catch(() => "0");
  return Number(text) || 0;
};

export const rememberPort = async (dataDir: string, name: string, port: number): Promise<void> =>
  writeFile(path.join(dataDir, `${name}.port`), String(port));
