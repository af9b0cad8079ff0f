import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "@leo/local/postgres.ts";
import { Guardian } from "@leo/local/processes/guardian.ts";
import { Pool } from "pg";

/** What all benchmarks of a run share. */
export interface Services {
  /** Logs and data; gone after the run. */
  directory: string;
  guardian: Guardian;
  pool: Pool;
  /** Makes an empty database and returns its URL. */
  createDatabase: (name: string) => Promise<string>;
}

/**
 * Runs with a PostgreSQL of its own with the settings it ships with: every commit waits for the disk.
 * Everything started is ended after, also when this process is killed.
 */
export const withServices = async <T>(run: (services: Services) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-bench-"));
  const guardian = new Guardian(directory);
  try {
    const postgres = await startPostgres({
      dataDir: path.join(directory, "postgres"),
      logFile: path.join(directory, "postgres.log"),
      onSpawn: (pid) => guardian.register(pid, "SIGQUIT"),
    });
    const pool = new Pool({ connectionString: postgres.url(), max: 2 });
    pool.on("error", () => undefined);
    const createDatabase = async (name: string) => {
      await pool.query(`create database ${name}`);
      return postgres.url(name);
    };
    try {
      return await run({ directory, guardian, pool, createDatabase });
    } finally {
      await pool.end();
      await postgres.stop();
    }
  } finally {
    await guardian.endAll();
    await rm(directory, { recursive: true, force: true });
  }
};
