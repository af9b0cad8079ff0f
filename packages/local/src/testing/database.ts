import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";
import "./context.ts";

const asAdmin = async (adminUrl: string, sql: string): Promise<void> => {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/**
 * Runs with a fresh, empty database of the run's PostgreSQL and drops it after, open connections included.
 * @param run gets the database's URL (superuser `postgres`)
 */
export const withDatabase = async <T>(run: (databaseUrl: string) => Promise<T>): Promise<T> => {
  const adminUrl = inject("postgresUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asAdmin(adminUrl, `create database ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  try {
    return await run(url.href);
  } finally {
    await asAdmin(adminUrl, `drop database if exists ${name} with (force)`);
  }
};
