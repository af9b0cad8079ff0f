import { spawn } from "node:child_process";
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { StartError } from "../start-error.ts";
import { commandAs, type Account } from "./unprivileged.ts";
import { explainPostgres } from "./explain.ts";

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === code;

const exists = async (file: string): Promise<boolean> => {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return false;
    throw error;
  }
};

const makeDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw explainPostgres(error instanceof Error ? error.message : String(error), directory);
  }
};

const ownedFile = async (file: string, content: string, account?: Account): Promise<void> => {
  await writeFile(file, content, { mode: 0o600 });
  if (account) await chown(file, account.uid, account.gid);
};

/**
 * Creates the cluster in `dataDir` unless there is one. A crash half-way leaves no half cluster:
 * it is made beside and renamed.
 * @param password of the superuser `postgres`; none: every local connection is trusted
 */
export const ensureCluster = async (
  dataDir: string,
  initdb: string,
  account: Account | undefined,
  password: string | undefined,
): Promise<void> => {
  const parent = path.dirname(dataDir);
  await makeDirectory(parent);
  if (await exists(path.join(dataDir, "PG_VERSION"))) return;
  if ((await exists(dataDir)) && (await readdir(dataDir)).length > 0) {
    throw new StartError(
      `The database in ${dataDir} is damaged (PG_VERSION is missing). "npm start -- --fresh" begins with an empty one.`,
    );
  }
  const fresh = `${dataDir}.new`;
  const passwordFile = `${dataDir}.initdb-password`;
  await rm(fresh, { recursive: true, force: true });
  await makeDirectory(fresh);
  if (account) await chown(fresh, account.uid, account.gid);
  if (password) await ownedFile(passwordFile, password, account);
  const args = [
    `--pgdata=${fresh}`,
    "--username=postgres",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--lc-messages=C",
    "--no-sync",
    ...(password ? ["--auth=scram-sha-256", `--pwfile=${passwordFile}`] : ["--auth=trust"]),
  ];
  const command = await commandAs(account, initdb, args, parent);
  const child = spawn(command.file, command.args, {
    ...command.account,
    env: { PATH: process.env.PATH, LC_ALL: "C" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const closed = once(child, "close").catch((error: Error) => [error.message]) as Promise<
    [number | string | null]
  >;
  const [[code], said] = await Promise.all([closed, text(child.stderr)]);
  const output = typeof code === "string" ? code : said;
  await rm(passwordFile, { force: true });
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw explainPostgres(output, dataDir);
  }
  await rm(dataDir, { recursive: true, force: true });
  await rename(fresh, dataDir);
};
