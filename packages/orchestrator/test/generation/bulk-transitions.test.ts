/** The two statements that change a state without `decide` do what it says. */
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { decide, type Decision } from "@leo/core/lifecycle.ts";
import { generations } from "../../src/db/schema.ts";
import { claim } from "../../src/generation/claim.ts";
import type { GenerationRow } from "../../src/generation/transition.ts";
import { withApi } from "../support/api.ts";
import { enqueue, withContext, type TestContext } from "../support/context.ts";
import { completeGeneration } from "../support/version.ts";

const read = async ({ database }: Pick<TestContext, "database">, id: string): Promise<GenerationRow> => {
  const [row] = await database.orm.select().from(generations).where(eq(generations.id, id));
  if (!row) throw new Error(`no generation ${id}`);
  return row;
};

const statusOf = (row: GenerationRow) => ({ ...row, cancelRequested: row.cancelRequestedAt !== null });

/** What a decision says of the row, without the times. */
const decided = ({ state, attempt, maxAttempts, failure, wait, cancelRequested }: Decision) => ({
  state,
  attempt,
  maxAttempts,
  failure: failure ?? null,
  waitCode: wait?.code ?? null,
  cancelRequested,
});

const rowAs = (row: GenerationRow) => {
  const { state, attempt, maxAttempts, failure, waitCode } = row;
  return { state, attempt, maxAttempts, failure, waitCode, cancelRequested: row.cancelRequestedAt !== null };
};

const moneyOf = async ({ database }: Pick<TestContext, "database">) => {
  const { rows } = await database.pool.query<object>(
    "select * from leo.ledger order by generation_id, attempt",
  );
  return rows;
};

const anyRow = fc.record({
  attempt: fc.nat({ max: 3 }),
  attemptsLeft: fc.integer({ min: 1, max: 3 }),
  waits: fc.nat({ max: 24 }),
  waitCode: fc.constantFrom(null, "model_unavailable" as const, "model_credential" as const),
  isDue: fc.boolean(),
});

test("the claim does to each row that is due what decide says, and nothing to the others", () =>
  withContext({ LEO_VCPU_BUDGET: "10000", LEO_RUNNING_PER_USER: "1000" }, (context) =>
    fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 6 }), async (rows) => {
        const soon = new Date(context.now().getTime() + 3_600_000);
        const before = new Map<string, GenerationRow>();
        for (const { attemptsLeft, isDue, ...columns } of rows) {
          const id = await enqueue(context, newId());
          const maxAttempts = columns.attempt + attemptsLeft;
          const availableAt = isDue ? new Date(0) : soon;
          await context.database.orm
            .update(generations)
            .set({ ...columns, maxAttempts, availableAt })
            .where(eq(generations.id, id));
          before.set(id, await read(context, id));
        }
        const money = await moneyOf(context);
        const claimed = new Map((await claim(context, 100)).map((each) => [each.generationId, each.number]));
        expect(await moneyOf(context)).toEqual(money);
        for (const [id, row] of before) {
          const after = await read(context, id);
          if (row.availableAt > context.now()) {
            expect(after).toEqual(row);
            continue;
          }
          const decision = decide(statusOf(row), { type: "claimed" });
          expect(decision && decided(decision)).toEqual(rowAs(after));
          expect(decision).toMatchObject({ money: { do: "keep" }, messages: "keep", next: "launch" });
          expect(claimed.get(id)).toBe(decision?.attempt);
          expect(after.finishedAt).toBeNull();
        }
        expect(claimed.size).toBe(rows.filter(({ isDue }) => isDue).length);
      }),
      { numRuns: 15 },
    ),
  ));

test("a copied version is as decide leaves one that was saved, with no money and no message at stake", () =>
  withApi(async (api) => {
    const created = await api.call<{ app: { id: string }; generation: { id: string } }>(
      api.ann,
      "POST",
      "/api/apps",
      { prompt: "notes" },
    );
    await completeGeneration(api, created.body.generation.id, { source: { "index.html": "<p>one</p>" } });
    const money = await moneyOf(api.context);
    const path = `/api/generations/${created.body.generation.id}/fork`;
    const copied = await api.call<{ generation: { id: string } }>(api.ann, "POST", path, {});
    const row = await read(api.context, copied.body.generation.id);
    const onlyAttempt = { attempt: 1, maxAttempts: 1, cancelRequested: false };
    const decision = decide({ state: "finalizing", ...onlyAttempt }, { type: "version_saved" });
    expect(decision && decided(decision)).toEqual(rowAs(row));
    expect(decision?.files).toBe("record");
    expect(row.manifest?.source).toHaveLength(1);
    expect(row.finishedAt).not.toBeNull();
    expect(await moneyOf(api.context)).toEqual(money);
  }));
