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
 * Runs with a fresh database of the run's PostgreSQL and drops it after, open connections included.
 * @param run gets the database's URL (superuser `postgres`)
 * @param template the database to copy, to which nobody may be connected; none: an empty one
 */
export const withDatabase = async <T>(
  run: (databaseUrl: string) => Promise<T>,
  template = "template1",
): Promise<T> => {
  const adminUrl = inject("postgresUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await runSql(adminUrl, `create database ${name} template ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  try {
    return await run(url.href);
  } finally {
    await runSql(adminUrl, `drop database if exists ${name} with (force)`);
  }
};
