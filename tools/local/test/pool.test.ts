import { expect, test } from "vitest";
import { withDatabase } from "../src/testing/database.ts";
import { withPool } from "../src/testing/pool.ts";

const others = `select count(*)::int as count from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()`;

test("a pool that has ended has no connection left, so that its database can be dropped", () =>
  withDatabase((databaseUrl) =>
    withPool(databaseUrl, 1, async (watcher) => {
      const left = async () => {
        const { rows } = await watcher.query<{ count: number }>(others);
        return rows[0]?.count;
      };
      expect(await left()).toBe(0);
      for (let round = 0; round < 5; round += 1) {
        await withPool(databaseUrl, 10, async (pool) => {
          await Promise.all(Array.from({ length: 10 }, () => pool.query("select pg_sleep(0.05)")));
          expect(await left()).toBe(10);
        });
        expect(await left()).toBe(0);
      }
    }),
  ));
