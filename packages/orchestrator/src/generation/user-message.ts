/** Requests that were added to a run, as their owner sees and changes them. */
import { sql } from "drizzle-orm";
import type { UserMessage } from "@leo/core/api.ts";
import type { UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { ApiFault, notFound } from "../fault.ts";
import { findGeneration, readGeneration } from "./view.ts";

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
  waiting: "The run is ending, so this request stays as it is. It will be handed back to you.",
  delivered: "The agent has this request already, so it stays as it is. Add another one.",
  taken: "The agent has this request already, so it stays as it is. Add another one.",
  returned: "The run is over and this request was handed back. Send it as the next one.",
};

/** @throws ApiFault `not_found` when it was never added, `conflict` when it does not wait any more */
const refuse = async (orm: Orm, generationId: string, messageId: string): Promise<never> => {
  const { state } = await findMessage(orm, generationId, messageId);
  throw new ApiFault("conflict", WHY[state]);
};

/** What was added to a generation, oldest first. @throws ApiFault `not_found` */
export const listUserMessages = (context: UserContext, generationId: string) =>
  tx(context, async ({ orm }) => {
    await findGeneration(orm, context.userId, generationId);
    return readMessages(orm, generationId);
  });

/** Another text for a request that waits. @throws ApiFault `not_found`, `conflict` */
export const rewordUserMessage = async (
  context: UserContext,
  change: (generationId: string, messageId: string, text: string) => Promise<boolean>,
  generationId: string,
  messageId: string,
  text: string,
): Promise<UserMessage> => {
  await readGeneration(context, generationId);
  const changed = await change(generationId, messageId, text);
  return tx(context, ({ orm }) =>
    changed ? findMessage(orm, generationId, messageId) : refuse(orm, generationId, messageId),
  );
};

/** Takes a request that waits back. @throws ApiFault `not_found`, `conflict` */
export const withdrawUserMessage = async (
  context: UserContext,
  remove: (generationId: string, messageId: string) => Promise<boolean>,
  generationId: string,
  messageId: string,
): Promise<void> => {
  await readGeneration(context, generationId);
  if (await remove(generationId, messageId)) return;
  await tx(context, ({ orm }) => refuse(orm, generationId, messageId));
};
