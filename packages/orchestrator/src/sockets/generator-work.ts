/** What a generator's session reads and writes of its attempt. */
import { eq, or, sql } from "drizzle-orm";
import type { Context } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Database } from "../db/database.ts";
import { attempts, generations } from "../db/schema.ts";
import { tellProgress, type AttemptRow } from "../generation/attempt.ts";
import { lockGeneration } from "../generation/lock.ts";
import { transition, type GenerationRow } from "../generation/transition.ts";

export interface Work {
  attempt: AttemptRow;
  generation: GenerationRow;
}

/** An attempt by its id, or by the hash of its token, also of the one before the launch was adopted. */
export const findWork = async (
  { orm }: Database,
  where: { tokenHash: string } | { attemptId: string },
): Promise<Work | undefined> => {
  const [row] = await orm
    .select({ attempt: attempts, generation: generations })
    .from(attempts)
    .innerJoin(generations, eq(generations.id, attempts.generationId))
    .where(
      "tokenHash" in where
        ? or(eq(attempts.tokenHash, where.tokenHash), eq(attempts.previousTokenHash, where.tokenHash))
        : eq(attempts.id, where.attemptId),
    );
  return row;
};

/** Records that the generator is ready. @returns whether for the first time */
export const becomeReady = (context: Context, attempt: AttemptRow, at: Date): Promise<boolean> =>
  tx(context, async ({ orm }) => {
    await lockGeneration(orm, attempt.generationId);
    const [first] = await orm
      .update(attempts)
      .set({
        readyAt: sql`coalesce(${attempts.readyAt}, ${at.toISOString()}::timestamptz)`,
        lastFrameAt: at,
      })
      .where(eq(attempts.id, attempt.id))
      .returning({ readyAt: attempts.readyAt });
    const isFirst = first?.readyAt?.getTime() === at.getTime();
    if (isFirst) await tellProgress(orm, attempt, "connected", at);
    await transition(context, attempt.generationId, { type: "ready" }, attempt.number);
    return isFirst;
  });

const HEARD = `
with mine as (
  select id from leo.attempts where id = any($1) order by generation_id for update
), heard as (
  update leo.attempts a set last_frame_at = $2 from mine where a.id = mine.id
  returning a.generation_id, a.number, a.ended_at
)
select h.generation_id as "generationId" from heard h join leo.generations g on g.id = h.generation_id
where g.cancel_requested_at is not null or g.attempt <> h.number or h.ended_at is not null
   or exists (select 1 from leo.user_messages m where m.generation_id = g.id and m.delivered_attempt is null)`;

/**
 * Records that these attempts' generators were heard.
 * @returns the generations whose generator may have to be notified of something
 */
export const recordHeard = async ({ pool }: Database, attemptIds: string[], at: Date): Promise<string[]> => {
  const { rows } = await pool.query<{ generationId: string }>({
    name: "heard",
    text: HEARD,
    values: [attemptIds, at],
  });
  return rows.map(({ generationId }) => generationId);
};
