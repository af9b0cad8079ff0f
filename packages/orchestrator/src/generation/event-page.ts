import { eq } from "drizzle-orm";
import type { Context, UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import { generations } from "../db/schema.ts";
import { eventJson, type StoredEvent } from "../events/frame.ts";
import { readEvents } from "../events/replay.ts";
import { notFound } from "../fault.ts";
import { findGeneration } from "./view.ts";

export const EVENT_PAGE_MAX = 500;

interface PageOptions {
  since: number;
  limit: number;
}

const pageJson = (head: number, events: StoredEvent[]): string => {
  // One that was committed between the two reads is newer than the head.
  const lastSeq = Math.max(head, events.at(-1)?.seq ?? 0);
  return `{"events":[${events.map(eventJson).join(",")}],"lastSeq":${lastSeq}}`;
};

/**
 * Stored events of a generation with `seq > since`, ascending, as the JSON text of an `EventPage`.
 * @throws ApiFault `not_found`
 */
export const readEventPage = async (
  context: UserContext,
  generationId: string,
  { since, limit }: PageOptions,
): Promise<string> => {
  const { head, events } = await tx(context, async ({ orm, client }) => ({
    head: (await findGeneration(orm, context.userId, generationId)).lastSeq,
    events: await readEvents(client, generationId, since, limit),
  }));
  return pageJson(head, events);
};

/** The same of anybody's generation, for the operator. @throws ApiFault `not_found` */
export const readAnyEventPage = async (
  { database }: Context,
  generationId: string,
  { since, limit }: PageOptions,
): Promise<string> => {
  const [row] = await database.orm
    .select({ lastSeq: generations.lastSeq })
    .from(generations)
    .where(eq(generations.id, generationId));
  if (!row) throw notFound("generation");
  return pageJson(row.lastSeq, await readEvents(database.pool, generationId, since, limit));
};
