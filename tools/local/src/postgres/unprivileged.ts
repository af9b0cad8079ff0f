import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, lstat, mkdtemp, rename, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { StartError } from "../start-error.ts";

/**
 * PostgreSQL refuses to run as root. As root it runs as this user instead, and owns its data directory.
 */
export interface Account {
  uid: number;
  gid: number;
}

export interface Command {
  file: string;
  args: string[];
  account?: Account;
}

const run = promisify(execFile);

const idOf = async (user: string): Promise<Account | undefined> => {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", user]), run("id", ["-g", user])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
};

/** The account to use, or undefined when this process is not root and needs none. */
export const unprivilegedAccount = async (): Promise<Account | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const account = (await idOf("postgres")) ?? (await idOf("nobody"));
  if (!account)
    throw new StartError("PostgreSQL cannot run as root, and there is no user postgres or nobody.");
  return account;
};

const maySearch = async (directory: string, account: Account): Promise<boolean> => {
  const { mode, uid, gid } = await stat(directory);
  if (uid === account.uid) return (mode & 0o100) !== 0;
  if (gid === account.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
};

const reachable = async (directory: string, account: Account): Promise<boolean> => {
  if (!(await maySearch(directory, account))) return false;
  const parent = path.dirname(directory);
  return parent === directory ? true : reachable(parent, account);
};

/** Directory for programs copied where every user may run them; survives a restart of the machine. */
const SHARED = "/var/tmp";

const isOwnCopy = async (directory: string): Promise<boolean> => {
  try {
    return (await lstat(directory)).uid === process.getuid?.();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
};

/**
 * The directory of PostgreSQL's programs as `account` can run them: itself, or a copy (60 MB, made once)
 * where a parent of it is closed to that account. The programs look themselves up with access(2), which
 * knows no capabilities.
 */
export const runnableCopy = async (native: string, account: Account | undefined): Promise<string> => {
  if (!account || (await reachable(native, account))) return native;
  const { mtimeMs } = await stat(path.join(native, "bin/postgres"));
  const name = createHash("sha256").update(`${native} ${mtimeMs}`).digest("hex").slice(0, 12);
  const copy = path.join(SHARED, `leo-postgres-${name}`);
  if (await isOwnCopy(copy)) return copy;
  const unfinished = await mkdtemp(`${copy}-`);
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  try {
    await rename(unfinished, copy);
    return copy;
  } catch {
    // Another start was faster, or the name is someone else's: this copy is as good.
    return unfinished;
  }
};

/**
 * The command that runs `file` as `account`. Where a parent of the data directory is closed to that account
 * (a checkout below /root or in a `mktemp -d`), the program keeps root's right to pass through directories.
 */
export const commandAs = async (
  account: Account | undefined,
  file: string,
  args: string[],
  dataParent: string,
): Promise<Command> => {
  if (!account) return { file, args };
  if (await reachable(dataParent, account)) return { file, args, account };
  const wrapper = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
  ];
  return { file: "setpriv", args: [...wrapper, file, ...args] };
};
