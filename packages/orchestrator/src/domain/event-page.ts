import type { Context } from "../context.ts";
import { eventJson } from "../events/frame.ts";
import { readEvents, readHeads } from "../events/replay.ts";

export const EVENT_PAGE_MAX = 500;

/**
 * Stored events of a generation with `seq > since`, ascending, as the JSON text of an `EventPage`.
 * The caller has checked whose generation it is.
 */
export const readEventPage = async (
  { database: { pool } }: Context,
  generationId: string,
  { since, limit }: { since: number; limit: number },
): Promise<string> => {
  const [head] = await readHeads(pool, [generationId]);
  const events = await readEvents(pool, generationId, since, limit);
  // One that was committed between the two reads is newer than the head.
  const lastSeq = Math.max(head?.lastSeq ?? 0, events.at(-1)?.seq ?? 0);
  return `{"events":[${events.map(eventJson).join(",")}],"lastSeq":${lastSeq}}`;
};
