/**
 * The time of the database, which every orchestrator shares: leases and watches that one writes and
 * another reads must not depend on two clocks. Between readings it goes on by the monotonic clock,
 * so a wall clock that jumps changes nothing.
 */
import type pg from "pg";
import type { Logger } from "pino";
import { repeat } from "../repeat.ts";

export interface DatabaseClock {
  now(): Date;
  stop(): Promise<void>;
}

const READ_MS = 30_000;
/** A reading that took longer than this says too little. */
const ROUND_TRIP_MAX_MS = 1_000;

/** Reads the database's time now and every 30 s. @throws when the first reading fails */
export const startDatabaseClock = async (pool: pg.Pool, log: Logger): Promise<DatabaseClock> => {
  let offsetMs: number | undefined;
  const read = async () => {
    const askedAt = performance.now();
    const { rows } = await pool.query<{ at: Date }>("select clock_timestamp() as at");
    const roundTripMs = performance.now() - askedAt;
    const [row] = rows;
    if (!row || (offsetMs !== undefined && roundTripMs > ROUND_TRIP_MAX_MS)) return;
    offsetMs = row.at.getTime() - askedAt - roundTripMs / 2;
  };
  await read();
  const reading = repeat("clock", READ_MS, log, read);
  return { now: () => new Date((offsetMs ?? 0) + performance.now()), stop: () => reading.stop() };
};
