import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { generations } from "../../src/db/schema.ts";
import { claim } from "../../src/generation/claim.ts";
import { findUnfinalized } from "../../src/generation/finalize.ts";
import { transition } from "../../src/generation/transition.ts";
import { readLoad } from "../../src/metrics/load.ts";
import { enqueue, withContext, type TestContext } from "../support/context.ts";

const storedState = async ({ database }: TestContext, id: string) => {
  const { rows } = await database.pool.query<{ state: string }>(
    "select state from leo.generations where id = $1",
    [id],
  );
  return rows[0]?.state;
};

test("finalizing is stored as publishing, the one word that an older orchestrator knows", () =>
  withContext({}, async (context) => {
    const id = await enqueue(context, newId());
    await claim(context, 1);
    const moved = await transition(context, id, { type: "work_complete" }, 1);
    expect(moved?.generation.state).toBe("finalizing");
    expect(await storedState(context, id)).toBe("publishing");
    const orm = context.database.orm;
    const found = await orm.select().from(generations).where(eq(generations.state, "finalizing"));
    expect(found).toMatchObject([{ id, state: "finalizing" }]);
    const { leo_generations: load } = await readLoad(context);
    expect(load).toEqual([{ labels: { state: "finalizing" }, value: 1 }]);
  }));

test("a row that an older orchestrator left in publishing is found and becomes a version", () =>
  withContext({}, async (context) => {
    const id = await enqueue(context, newId());
    await claim(context, 1);
    await context.database.pool.query("update leo.generations set state = 'publishing' where id = $1", [id]);
    expect(await findUnfinalized(context)).toEqual([id]);
    const saved = await transition(context, id, { type: "version_saved" }, 1);
    expect(saved?.generation.state).toBe("completed");
  }));
