import { Client } from "pg";
import { expect, test } from "vitest";
import { withDatabase } from "../src/testing/database.ts";

const query = async (databaseUrl: string, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
};

test("every call gets an empty database of its own", async () => {
  await withDatabase(async (databaseUrl) => {
    await query(databaseUrl, "create table only_here (id int)");
    await withDatabase(async (other) => {
      expect(await query(other, "select to_regclass('only_here') as found")).toEqual([{ found: null }]);
    });
  });
});
