import { expect } from "vitest";
import type { TestEcs } from "@leo/local/testing/ecs.ts";
import type { Database } from "../../src/db/database.ts";
import type { Browser } from "./browser.ts";

export interface Audited {
  database: Database;
  ecs: TestEcs;
  generationIds: string[];
  /** Browsers that followed a generation from its first event. */
  browsers: Map<string, Browser[]>;
  timeoutMs: number;
}

const ascending = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/**
 * What must hold after any fault: every request that was sent is one generation, which reached a final
 * state; no event is lost, doubled or out of order, in the table or in any browser; no
 * task runs; no slot and no budget is held.
 */
export const audit = async ({
  database,
  ecs,
  generationIds,
  browsers,
  timeoutMs,
}: Audited): Promise<void> => {
  const wait = { timeout: timeoutMs, interval: 100 };
  const open = async () => {
    const { rows } = await database.pool.query<{ id: string; state: string; attempt: number }>(
      "select id, state, attempt from leo.generations where finished_at is null and id = any($1)",
      [generationIds],
    );
    return rows;
  };
  await expect.poll(open, wait).toEqual([]);
  const { rows: all } = await database.pool.query<{ id: string }>("select id from leo.generations");
  expect(all.map(({ id }) => id).toSorted()).toEqual(generationIds.toSorted());
  await expect
    .poll(() => ecs.tasks().filter(({ task }) => task.lastStatus !== "STOPPED").length, wait)
    .toBe(0);
  const held = async () => {
    const { rows } = await database.pool.query<{ id: string }>(
      "select id, task_arn, stop_reason from leo.attempts where ended_at is null and generation_id = any($1)",
      [generationIds],
    );
    return rows;
  };
  await expect.poll(held, wait).toEqual([]);
  const { rows: reserved } = await database.pool.query(
    "select generation_id, attempt from leo.ledger where settled_at is null",
  );
  expect(reserved).toEqual([]);

  for (const id of generationIds) {
    const { rows: events } = await database.pool.query<{
      seq: number;
      attempt_id: string | null;
      n: number | null;
    }>("select seq, attempt_id, n from leo.events where generation_id = $1 order by seq", [id]);
    expect(events.map(({ seq }) => seq)).toEqual(ascending(events.length));
    const { rows: heads } = await database.pool.query<{ last_seq: number }>(
      "select last_seq from leo.generations where id = $1",
      [id],
    );
    expect(heads[0]?.last_seq).toBe(events.length);
    for (const attemptId of new Set(events.flatMap(({ attempt_id }) => attempt_id ?? []))) {
      const numbers = events.filter(({ attempt_id }) => attempt_id === attemptId).map(({ n }) => n);
      expect(numbers).toEqual(ascending(numbers.length));
    }
    for (const browser of browsers.get(id) ?? []) {
      await expect.poll(() => browser.seqs.length, wait).toBeGreaterThanOrEqual(events.length);
      expect(browser.seqs).toEqual(ascending(events.length));
    }
  }
};
