/** A lease: one process works on a row until a time that it writes there, and whoever comes later takes over. */
import { isNull, lt, or, type SQL } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";

/** Until when a lease holds that is taken or renewed now. */
export const leaseUntil = (now: Date, durationMs: number): Date => new Date(now.getTime() + durationMs);

/** Whether nobody holds the row: no lease was taken, or its time has passed. */
export const isFree = (until: AnyPgColumn, now: Date): SQL | undefined => or(isNull(until), lt(until, now));
