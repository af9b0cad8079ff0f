/**
 * Requests that the user adds while the agent works. None is lost: a turn of the generator *takes*
 * each and says so, and one that no turn took until the end is *returned* to the user.
 *
 * One *waits* until the generator can take it at once: after a turn, while a plan is open, or before
 * it stores its version. Until then the user may change it or take it back; what is *delivered* stays.
 */
import { and, eq, inArray, isNull, sql, type SQL } from "drizzle-orm";
import type { UserMessage } from "@leo/core/api.ts";
import { TAKING_STEPS } from "@leo/core/event.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context, UserContext } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { userMessages } from "../db/schema.ts";
import { asActor, SERVICE, tx } from "../db/tx.ts";
import { appendFacts, CONTROL_CHANNEL } from "../events/append.ts";
import { ApiFault, notFound } from "../fault.ts";
import { limitFault } from "../limits/limit-fault.ts";
import { lockGeneration, type LockedGeneration } from "./lock.ts";
import { findGeneration } from "./view.ts";

/** Whether the generation has written as much as one may: a message that is changed again and again is an event each time. */
const isFull = ({ config }: Pick<Context, "config">, { lastSeq, eventBytes }: LockedGeneration) =>
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

const notRunning = () =>
  new ApiFault("conflict", "The generation is not running. Send a follow-up request instead.");
const storing = () =>
  new ApiFault(
    "conflict",
    "The version is finished and being stored. Send this as the next request in a moment.",
  );
const full = () =>
  new ApiFault("conflict", "This run has written as much as a run may. Send this as the next request.");
const tooMany = () =>
  limitFault(
    "limit_reached",
    `${LIMITS.userMessagesMax} requests wait for the agent already, which is the limit. Send more when it has answered.`,
    { limit: "messages_waiting", max: LIMITS.userMessagesMax, current: LIMITS.userMessagesMax },
  );

/**
 * A change of the messages of one of the user's generations: as Leo, who alone may tell it in the generation's
 * events. The lock on the generation orders it against the facts of the generator.
 * @throws ApiFault `not_found` when the generation is not this user's
 */
const changing = <T>(
  context: UserContext,
  generationId: string,
  change: (orm: Orm, generation: LockedGeneration | undefined) => Promise<T>,
): Promise<T> =>
  tx(context, async ({ orm }) => {
    await findGeneration(orm, context.userId, generationId);
    return asActor(SERVICE, async () => change(orm, await lockGeneration(orm, generationId)));
  });

/**
 * Queues a request for a generation that is not over; its generator gets it after the present turn.
 * @throws ApiFault `not_found`, `conflict`, `limit_reached`
 */
export const addUserMessage = (
  context: UserContext,
  generationId: string,
  text: string,
): Promise<{ messageId: string }> =>
  changing(context, generationId, async (orm, generation) => {
    if (!isOpen(generation)) throw notRunning();
    if (isFull(context, generation)) throw full();
    if (await isStoring(orm, generationId, generation.attempt)) throw storing();
    const waiting = await findUntaken(orm, generationId);
    if (waiting.length >= LIMITS.userMessagesMax) throw tooMany();
    const [messageId, at] = [newId(), context.now()];
    await orm.insert(userMessages).values({ id: messageId, generationId, text, createdAt: at });
    await appendFacts(orm, generationId, [{ type: "user_message", messageId, text }], at);
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

const told = (type: string) => sql`exists (
  select 1 from leo.events e
  where e.generation_id = m.generation_id and e.type = ${type} and e.body ->> 'messageId' = m.id::text)`;

const readMessages = async (orm: Orm, generationId: string): Promise<UserMessage[]> => {
  const { rows } = await orm.execute<{
    id: string;
    text: string;
    created_at: string;
    state: UserMessage["state"];
  }>(sql`
    select m.id, m.text, m.created_at,
      case when ${told("user_message_taken")} then 'taken'
        when ${told("user_message_returned")} then 'returned'
        when m.delivered_attempt is null then 'waiting' else 'delivered' end as state
    from leo.user_messages m where m.generation_id = ${generationId} order by m.created_at, m.id`);
  return rows.map(({ created_at, ...row }) => ({ ...row, createdAt: new Date(created_at).toISOString() }));
};

const findMessage = async (orm: Orm, generationId: string, messageId: string): Promise<UserMessage> => {
  const found = (await readMessages(orm, generationId)).find(({ id }) => id === messageId);
  if (!found) throw notFound("message");
  return found;
};

const WHY: Record<UserMessage["state"], string> = {
  waiting: "The run is ending, so this request can't be changed. You'll get it back.",
  delivered: "The agent has this request already, so it can't be changed. Add another one.",
  taken: "The agent has this request already, so it can't be changed. Add another one.",
  returned: "The run has ended and this request was returned. Send it as the next one.",
};

/** @throws ApiFault `not_found` when it was never added, `conflict` when it does not wait any more */
const rejectChange = async (orm: Orm, generationId: string, messageId: string): Promise<never> => {
  const { state } = await findMessage(orm, generationId, messageId);
  throw new ApiFault("conflict", WHY[state]);
};

/** What was added to a generation, oldest first. @throws ApiFault `not_found` */
export const listUserMessages = (context: UserContext, generationId: string): Promise<UserMessage[]> =>
  tx(context, async ({ orm }) => {
    await findGeneration(orm, context.userId, generationId);
    return readMessages(orm, generationId);
  });

/** Gives a request that waits another text. @throws ApiFault `not_found`, `conflict` */
export const rewordUserMessage = (
  context: UserContext,
  generationId: string,
  messageId: string,
  text: string,
): Promise<UserMessage> =>
  changing(context, generationId, async (orm, generation) => {
    const isChangeable = isOpen(generation) && !isFull(context, generation);
    const [changed] = isChangeable
      ? await orm.update(userMessages).set({ text }).where(waits(generationId, messageId)).returning()
      : [];
    if (!changed) return rejectChange(orm, generationId, messageId);
    await appendFacts(orm, generationId, [{ type: "user_message_changed", messageId, text }], context.now());
    return { id: messageId, text, createdAt: changed.createdAt.toISOString(), state: "waiting" };
  });

/** Takes a request that waits back. @throws ApiFault `not_found`, `conflict` */
export const withdrawUserMessage = (
  context: UserContext,
  generationId: string,
  messageId: string,
): Promise<void> =>
  changing(context, generationId, async (orm, generation) => {
    const [removed] = isOpen(generation)
      ? await orm
          .delete(userMessages)
          .where(waits(generationId, messageId))
          .returning({ id: userMessages.id })
      : [];
    if (!removed) await rejectChange(orm, generationId, messageId);
    await appendFacts(orm, generationId, [{ type: "user_message_removed", messageId }], context.now());
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
