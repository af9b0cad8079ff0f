import type { Queryable } from "../db/database.ts";
import type { StoredEvent } from "./frame.ts";

/** Of a page's bodies; a page of the largest events would have over 100 MB. */
const PAGE_MAX_BYTES = 1024 * 1024;

/**
 * Reads a page of events in ascending order. `seq` has no gaps, so a page is a range of it: whatever
 * the planner thinks of the table, it reads no more than the page.
 * @param since the last `seq` that the reader has; 0 for none
 * @param limit at most this many events
 * @param maxBytes of all bodies together
 * @returns at least one event if there is one, and no further ones past `maxBytes`: a page that is
 *   shorter than `limit` need not be the last
 */
export const readEvents = async (
  database: Queryable,
  generationId: string,
  since: number,
  limit: number,
  maxBytes: number = PAGE_MAX_BYTES,
): Promise<StoredEvent[]> => {
  const { rows } = await database.query<StoredEvent>({
    name: "read-events",
    text: `select seq, at, body from (
             select seq, at, body::text as body, octet_length(body::text) as bytes,
               sum(octet_length(body::text)) over (order by seq) as total
             from leo.events
             where generation_id = $1 and seq > $2 and seq <= $2::bigint + $3 order by seq limit $3
           ) page where total - bytes < $4 order by seq`,
    values: [generationId, since, limit, maxBytes],
  });
  return rows;
};

/** The newest `seq` of each generation that has moved past what the caller knows. */
export const readHeads = async (
  database: Queryable,
  generationIds: string[],
): Promise<{ id: string; lastSeq: number }[]> => {
  const { rows } = await database.query<{ id: string; lastSeq: number }>({
    name: "read-heads",
    text: `select id, last_seq as "lastSeq" from leo.generations where id = any($1)`,
    values: [generationIds],
  });
  return rows;
};
