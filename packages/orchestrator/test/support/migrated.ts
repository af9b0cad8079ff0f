import { Client } from "pg";
import { inject } from "vitest";
import { createDatabase, dropDatabase, withDatabase, runSql } from "@leo/local/testing/database.ts";
import { migrateDatabase } from "../../src/db/database.ts";
import { emptied, shapeOfDatabase } from "./emptied.ts";

const TEMPLATE = "leo_migrated";
/** Any fixed number: one worker makes the template, the others wait. */
const TEMPLATE_LOCK = 501_302;

const makeTemplate = async (): Promise<void> => {
  const adminUrl = inject("postgresUrl");
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query("select pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    const { rowCount } = await admin.query("select 1 from pg_database where datname = $1", [TEMPLATE]);
    if (rowCount) return;
    await withDatabase(async (databaseUrl) => {
      await migrateDatabase(databaseUrl);
      await runSql(
        adminUrl,
        `create database ${TEMPLATE} template ${new URL(databaseUrl).pathname.slice(1)}`,
      );
    });
  } finally {
    await admin.end();
  }
};

let made: Promise<void> | undefined;

interface Migrated {
  url: string;
  shape: string;
}
/** This worker's databases that nobody uses. */
const free: Migrated[] = [];

const copyTemplate = async (): Promise<Migrated> => {
  made ??= makeTemplate();
  await made;
  const url = await createDatabase(TEMPLATE);
  return { url, shape: await shapeOfDatabase(url) };
};

/**
 * Runs with a migrated database of its own in which there is nothing: a copy of one that is migrated once
 * per run of the tests, or one that an earlier test has used and changed nothing of but its rows.
 */
export const withMigratedDatabase = async <T>(run: (databaseUrl: string) => Promise<T>): Promise<T> => {
  const database = free.pop() ?? (await copyTemplate());
  try {
    return await run(database.url);
  } finally {
    if (await emptied(database.url, database.shape)) free.push(database);
    else await dropDatabase(database.url);
  }
};
