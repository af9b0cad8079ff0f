import type pg from "pg";
import type { StoredEvent } from "./frame.ts";

/**
 * Reads a page of events in ascending order.
 * @param since the last `seq` that the reader has; 0 for none
 * @param limit at most this many events
 */
export const readEvents = async (
  pool: pg.Pool,
  generationId: string,
  since: number,
  limit: number,
): Promise<StoredEvent[]> => {
  const { rows } = await pool.query<StoredEvent>({
    name: "read-events",
    text: `select seq, at, body::text as body from leo.events
           where generation_id = $1 and seq > $2 order by seq limit $3`,
    values: [generationId, since, limit],
  });
  return rows;
};

/** The newest `seq` of each generation that has moved past what the caller knows. */
export const readHeads = async (
  pool: pg.Pool,
  generationIds: string[],
): Promise<{ id: string; lastSeq: number }[]> => {
  const { rows } = await pool.query<{ id: string; lastSeq: number }>({
    name: "read-heads",
    text: `select id, last_seq as "lastSeq" from leo.generations where id = any($1)`,
    values: [generationIds],
  });
  return rows;
};
