import { and, eq, isNull, sql } from "drizzle-orm";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../context.ts";
import { generations, userMessages } from "../db/schema.ts";
import { appendFacts } from "../events/append.ts";
import { CONTROL_CHANNEL, transition } from "./transition.ts";

/** Asks for a cancel. The state follows once the task is gone; a queued generation ends at once. */
export const requestCancel = async (context: Context, generationId: string): Promise<void> => {
  await transition(context, generationId, { type: "cancel_requested" });
};

export type UserMessageRefusal = "not_running" | "too_many";

/**
 * Queues a request for a running generation; its generator gets it after the present turn.
 * @returns the message's id, or why it was refused
 */
export const addUserMessage = (
  context: Context,
  generationId: string,
  text: string,
): Promise<{ messageId: string } | { refused: UserMessageRefusal }> =>
  context.database.orm.transaction(async (orm) => {
    const [generation] = await orm
      .select({ state: generations.state, cancelRequestedAt: generations.cancelRequestedAt })
      .from(generations)
      .where(eq(generations.id, generationId))
      .for("update");
    const open = generation && ["queued", "starting", "running"].includes(generation.state);
    if (!open || generation.cancelRequestedAt) return { refused: "not_running" };
    const waiting = await orm.$count(
      userMessages,
      and(eq(userMessages.generationId, generationId), isNull(userMessages.deliveredAttempt)),
    );
    if (waiting >= LIMITS.userMessagesMax) return { refused: "too_many" };
    const messageId = newId();
    await orm.insert(userMessages).values({ id: messageId, generationId, text, createdAt: context.now() });
    await appendFacts(orm, generationId, [{ type: "user_message", messageId, text }], context.now());
    await orm.execute(sql`select pg_notify(${CONTROL_CHANNEL}, ${generationId})`);
    return { messageId };
  });
