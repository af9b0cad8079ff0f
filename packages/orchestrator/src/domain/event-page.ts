import type { UserContext } from "../context.ts";
import { eventJson } from "../events/frame.ts";
import { readEvents } from "../events/replay.ts";
import { findGeneration } from "./generation.ts";

export const EVENT_PAGE_MAX = 500;

/**
 * Stored events of a generation with `seq > since`, ascending, as the JSON text of an `EventPage`.
 * @throws ApiFault `not_found`
 */
export const readEventPage = async (
  { userId, transaction }: UserContext,
  generationId: string,
  { since, limit }: { since: number; limit: number },
): Promise<string> => {
  const { head, events } = await transaction(async (orm, client) => ({
    head: (await findGeneration(orm, userId, generationId)).lastSeq,
    events: await readEvents(client, generationId, since, limit),
  }));
  // One that was committed between the two reads is newer than the head.
  const lastSeq = Math.max(head, events.at(-1)?.seq ?? 0);
  return `{"events":[${events.map(eventJson).join(",")}],"lastSeq":${lastSeq}}`;
};
