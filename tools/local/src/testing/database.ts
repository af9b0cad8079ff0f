import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";
import "./context.ts";

/** Runs one statement, or several, as the role that the URL names: the superuser, in tests. */
export const runSql = async (url: string, sql: string): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/**
 * Makes a database of the run's PostgreSQL.
 * @param template the database to copy, to which nobody may be connected; none: an empty one
 * @returns its URL (superuser `postgres`)
 */
export const createDatabase = async (template = "template1"): Promise<string> => {
  const url = new URL(inject("postgresUrl"));
  const name = `test_${randomBytes(8).toString("hex")}`;
  await runSql(url.href, `create database ${name} template ${template}`);
  url.pathname = `/${name}`;
  return url.href;
};

/** Drops it, open connections included. */
export const dropDatabase = (databaseUrl: string): Promise<void> =>
  runSql(
    inject("postgresUrl"),
    `drop database if exists ${new URL(databaseUrl).pathname.slice(1)} with (force)`,
  );

/** Runs with a fresh and empty database of the run's PostgreSQL, and drops it after. */
export const withDatabase = async <T>(run: (databaseUrl: string) => Promise<T>): Promise<T> => {
  const databaseUrl = await createDatabase();
  try {
    return await run(databaseUrl);
  } finally {
    await dropDatabase(databaseUrl);
  }
};
