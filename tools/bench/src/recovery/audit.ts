import type { Pool } from "pg";

export interface Stored {
  /** The newest `seq` of each generation. */
  lastSeqs: Map<string, number>;
  /** Events that are missing or stored twice, by either numbering. */
  wrong: number;
}

/**
 * Compares the table with what was sent: `seq` runs from 1 without gaps, and each generator's messages
 * from 1 to the last that it made.
 * @param made events of each generator
 */
export const auditEvents = async (pool: Pool, made: number): Promise<Stored> => {
  const { rows } = await pool.query<{ id: string; lastSeq: number; wrong: number }>(
    `select g.id, g.last_seq as "lastSeq",
            (abs(g.last_seq - count(*)) + abs(g.last_seq - count(distinct e.seq))
             + abs($1 - count(e.n)) + abs($1 - count(distinct e.n)))::int as wrong
     from leo.generations g join leo.events e on e.generation_id = g.id
     group by g.id`,
    [made],
  );
  return {
    lastSeqs: new Map(rows.map(({ id, lastSeq }) => [id, lastSeq])),
    wrong: rows.reduce((sum, row) => sum + row.wrong, 0),
  };
};

/** Whether the last message of every generator is stored. */
export const allStored = async (pool: Pool, made: number): Promise<boolean> => {
  const { rows } = await pool.query("select from leo.attempts where last_n < $1 limit 1", [made]);
  return rows.length === 0;
};
