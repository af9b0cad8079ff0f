import { Client } from "pg";
import { inject } from "vitest";
import { runSql, withDatabase } from "@leo/local/testing/database.ts";
import { migrateDatabase } from "../../src/db/database.ts";

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

/** Runs with a migrated database of its own: a copy of one that is migrated once per run of the tests. */
export const withMigratedDatabase = async <T>(run: (databaseUrl: string) => Promise<T>): Promise<T> => {
  made ??= makeTemplate();
  await made;
  return withDatabase(run, TEMPLATE);
};
