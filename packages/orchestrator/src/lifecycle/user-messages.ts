/**
 * Requests that the user adds while the agent works. None is lost: a turn of the generator *takes*
 * each and says so, and one that no turn took until the end is *returned* to the user.
 */
import { eq, sql } from "drizzle-orm";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../context.ts";
import type { Orm } from "../db/database.ts";
import { generations, userMessages } from "../db/schema.ts";
import { appendFacts, CONTROL_CHANNEL } from "../events/append.ts";

export type UserMessageRefusal = "not_running" | "storing" | "too_many";

/** Ids of the requests that no turn has taken. */
export const findUntaken = async (orm: Orm, generationId: string): Promise<string[]> => {
  const { rows } = await orm.execute<{ id: string }>(sql`
    select m.id from leo.user_messages m
    where m.generation_id = ${generationId} and not exists (
      select 1 from leo.events e
      where e.generation_id = m.generation_id and e.type = 'user_message_taken' and e.body ->> 'messageId' = m.id::text)
    order by m.created_at, m.id`);
  return rows.map(({ id }) => id);
};

/** Whether the present attempt has said that it stores its version: nothing can be added after. */
const isStoring = async (orm: Orm, generationId: string, attempt: number): Promise<boolean> => {
  const { rows } = await orm.execute<{ step: string }>(sql`
    select e.body ->> 'step' as step from leo.events e join leo.attempts a on a.id = e.attempt_id
    where e.generation_id = ${generationId} and e.type = 'progress' and a.number = ${attempt}
    order by e.seq desc limit 1`);
  return rows[0]?.step === "uploading";
};

/**
 * Queues a request for a generation that is not over; its generator gets it after the present turn.
 * The lock on the generation orders it against the facts of the generator.
 * @returns the message's id, or why it was refused
 */
export const addUserMessage = (
  context: Context,
  generationId: string,
  text: string,
): Promise<{ messageId: string } | { refused: UserMessageRefusal }> =>
  context.database.orm.transaction(async (orm) => {
    const [generation] = await orm
      .select({
        state: generations.state,
        attempt: generations.attempt,
        cancelRequestedAt: generations.cancelRequestedAt,
      })
      .from(generations)
      .where(eq(generations.id, generationId))
      .for("update");
    const open = generation && ["queued", "starting", "running"].includes(generation.state);
    if (!open || generation.cancelRequestedAt) return { refused: "not_running" };
    if (await isStoring(orm, generationId, generation.attempt)) return { refused: "storing" };
    const waiting = await findUntaken(orm, generationId);
    if (waiting.length >= LIMITS.userMessagesMax) return { refused: "too_many" };
    const messageId = newId();
    await orm.insert(userMessages).values({ id: messageId, generationId, text, createdAt: context.now() });
    await appendFacts(orm, generationId, [{ type: "user_message", messageId, text }], context.now());
    await orm.execute(sql`select pg_notify(${CONTROL_CHANNEL}, ${generationId})`);
    return { messageId };
  });

/** Tells the user, at the end of a generation, which requests nobody answered. */
export const returnUntaken = async (orm: Orm, generationId: string, at: Date): Promise<void> => {
  const untaken = await findUntaken(orm, generationId);
  const facts = untaken.map((messageId) => ({ type: "user_message_returned", messageId }) as const);
  if (facts.length > 0) await appendFacts(orm, generationId, facts, at);
};
