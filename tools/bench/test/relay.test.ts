import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { withDatabase } from "@leo/local/testing/database.ts";
import { withPool } from "@leo/local/testing/pool.ts";
import { Guardian } from "@leo/local/processes/guardian.ts";
import { expect, test } from "vitest";
import { withLeoRelay } from "../src/relay/leo.ts";
import { measureLatency, measureRate } from "../src/relay/measure.ts";

test(
  "events of real generators reach real browsers through the real orchestrator, and are timed",
  { timeout: 180_000 },
  async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "leo-bench-test-"));
    const guardian = new Guardian(directory);
    const load = { generators: 2, browsersEach: 2 };
    try {
      await withDatabase((databaseUrl) =>
        withPool(databaseUrl, 1, async (pool) => {
          const services = { directory, guardian, pool, createDatabase: async () => databaseUrl };
          await withLeoRelay(services, load.generators, async (leo) => {
            await leo.connect(load.generators, load.browsersEach);
            expect(await measureRate(leo, load, 200)).toBeGreaterThan(0);
            const { p50, p99 } = await measureLatency(leo, load, 200, 500);
            expect(p50).toBeGreaterThan(0);
            expect(p99).toBeGreaterThanOrEqual(p50);
          });
          const { rows } = await pool.query(
            "select count(*)::int as stored from leo.events where attempt_id is not null group by generation_id",
          );
          expect(rows).toEqual([{ stored: 250 }, { stored: 250 }]);
        }),
      );
    } finally {
      await guardian.endAll();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
