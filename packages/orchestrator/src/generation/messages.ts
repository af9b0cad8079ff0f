/**
 * Requests that the user adds while the agent works. None is lost: a turn of the generator *takes*
 * each and says so, and one that no turn took until the end is *returned* to the user.
 *
 * One *waits* until the generator can take it at once: after a turn, while a plan is open, or before
 * it stores its version. Until then the user may change it or take it back; what is *delivered* stays.
 */
import { and, eq, inArray, isNull, sql, type SQL } from "drizzle-orm";
import { TAKING_STEPS } from "@leo/core/event.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { userMessages } from "../db/schema.ts";
import { appendFacts, CONTROL_CHANNEL } from "../events/append.ts";
import { lockGeneration, type LockedGeneration } from "./lock.ts";

export type UserMessageRefusal = "not_running" | "storing" | "too_many" | "full";

/** Whether the generation has written as much as one may: a message that is changed again and again is an event each time. */
const isFull = ({ config }: Context, { lastSeq, eventBytes }: LockedGeneration) =>
  lastSeq >= config.LEO_RUN_MAX_EVENTS || eventBytes >= config.LEO_RUN_MAX_EVENT_BYTES;

const isOpen = (generation: LockedGeneration | undefined): generation is LockedGeneration =>
  generation !== undefined &&
  ["queued", "starting", "running"].includes(generation.state) &&
  generation.cancelRequestedAt === null;

/** Whether no turn has taken the message of this row. */
const isUntaken = (row: SQL) => sql`not exists (
  select 1 from leo.events e where e.generation_id = ${row}.generation_id
    and e.type = 'user_message_taken' and e.body ->> 'messageId' = ${row}.id::text)`;

/** Ids of the requests that no turn has taken. */
export const findUntaken = async (orm: Orm, generationId: string): Promise<string[]> => {
  const { rows } = await orm.execute<{ id: string }>(sql`
    select m.id from leo.user_messages m
    where m.generation_id = ${generationId} and ${isUntaken(sql`m`)}
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
  tx(context, async ({ orm }) => {
    const generation = await lockGeneration(orm, generationId);
    if (!isOpen(generation)) return { refused: "not_running" };
    if (isFull(context, generation)) return { refused: "full" };
    if (await isStoring(orm, generationId, generation.attempt)) return { refused: "storing" };
    const waiting = await findUntaken(orm, generationId);
    if (waiting.length >= LIMITS.userMessagesMax) return { refused: "too_many" };
    const messageId = newId();
    await orm.insert(userMessages).values({ id: messageId, generationId, text, createdAt: context.now() });
    await appendFacts(orm, generationId, [{ type: "user_message", messageId, text }], context.now());
    await orm.execute(sql`select pg_notify(${CONTROL_CHANNEL}, ${generationId})`);
    return { messageId };
  });

/** One message while it waits: delivering it and changing it exclude each other in the database. */
const waits = (generationId: string, messageId: string) =>
  and(
    eq(userMessages.id, messageId),
    eq(userMessages.generationId, generationId),
    isNull(userMessages.deliveredAttempt),
  );

/** Gives a request that waits another text. @returns false when it does not wait (any more) */
export const changeUserMessage = (
  context: Context,
  generationId: string,
  messageId: string,
  text: string,
): Promise<boolean> =>
  tx(context, async ({ orm }) => {
    const generation = await lockGeneration(orm, generationId);
    if (!isOpen(generation) || isFull(context, generation)) return false;
    const changed = await orm
      .update(userMessages)
      .set({ text })
      .where(waits(generationId, messageId))
      .returning({ id: userMessages.id });
    if (changed.length === 0) return false;
    await appendFacts(orm, generationId, [{ type: "user_message_changed", messageId, text }], context.now());
    return true;
  });

/** Takes a request that waits back. @returns false when it does not wait (any more) */
export const removeUserMessage = (
  context: Context,
  generationId: string,
  messageId: string,
): Promise<boolean> =>
  tx(context, async ({ orm }) => {
    if (!isOpen(await lockGeneration(orm, generationId))) return false;
    const removed = await orm
      .delete(userMessages)
      .where(waits(generationId, messageId))
      .returning({ id: userMessages.id });
    if (removed.length === 0) return false;
    await appendFacts(orm, generationId, [{ type: "user_message_removed", messageId }], context.now());
    return true;
  });

const MOMENTS = sql.join(
  ["plan_proposed", ...TAKING_STEPS].map((moment) => sql`${moment}`),
  sql`, `,
);

/**
 * Marks as delivered, and gives, what this attempt must be sent now, oldest first: what an earlier
 * attempt had, and the oldest that waits if the attempt can take one at once and has none yet.
 * @param again also what this attempt may have got: its generator knows each by its id and takes it once
 */
export const takeUserMessages = async (
  orm: Orm,
  generationId: string,
  attempt: number,
  again: boolean,
): Promise<{ id: string; text: string }[]> => {
  // One statement, so that two who look at once cannot both take a request.
  const { rows } = await orm.execute<{ id: string; text: string }>(sql`
    with moment as (
      select coalesce(e.body ->> 'step', e.type) as name from leo.events e join leo.attempts a on a.id = e.attempt_id
      where e.generation_id = ${generationId} and a.number = ${attempt} and
        (e.type in ('plan_proposed', 'user_message_taken') or (e.type = 'progress' and e.body ->> 'step' <> 'planning'))
      order by e.seq desc limit 1
    ), due as (
      select id, delivered_attempt from leo.user_messages
      where generation_id = ${generationId} and delivered_attempt < ${again ? attempt + 1 : attempt}
      union all (
        select id, delivered_attempt from leo.user_messages
        where generation_id = ${generationId} and delivered_attempt is null
          and (select name from moment) in (${MOMENTS}) and not exists (
            select 1 from leo.user_messages d where d.generation_id = ${generationId} and d.delivered_attempt = ${attempt}
              and ${isUntaken(sql`d`)})
        order by created_at, id limit 1)
    ), given as (
      update leo.user_messages m set delivered_attempt = ${attempt} from due
      where m.id = due.id and m.delivered_attempt is not distinct from due.delivered_attempt
      returning m.id, m.text, m.created_at
    ) select id, text from given order by created_at, id`);
  return rows;
};

/** Tells the user, at the end of a generation, which requests nobody answered. */
export const returnUntaken = async (orm: Orm, generationId: string, at: Date): Promise<void> => {
  const untaken = await findUntaken(orm, generationId);
  if (untaken.length === 0) return;
  await orm.update(userMessages).set({ returnedAt: at }).where(inArray(userMessages.id, untaken));
  const facts = untaken.map((messageId) => ({ type: "user_message_returned", messageId }) as const);
  await appendFacts(orm, generationId, facts, at);
};
