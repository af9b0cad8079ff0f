/** How many connections a database really offers; a pooler in front of it may allow fewer. */
import type { Client } from "pg";
import { networkProblem } from "@leo/core/explain.ts";

/** Never opens more than this at once, whatever a stage needs. */
export const OPENED_MAX = 30;

export interface Room {
  /** Connections opened at once, in addition to those already open. */
  free: number;
  /** The next one was rejected. If false, there may be more than were requested. */
  isAll: boolean;
}

const FULL =
  /max ?client|max client connections|no more connections allowed|too many (clients|connections)|remaining connection slots/i;

/**
 * Whether a connection failed because none is left. PostgreSQL has a code for that; Supabase's pooler uses a
 * general error code, with a message that differs between versions.
 */
export const isFull = (cause: unknown): boolean => {
  const { code, message = "" } = cause as { code?: string; message?: string };
  return code === "53300" || FULL.test(message);
};

/** PgBouncer doesn't reject a client; it makes it wait. */
const waits = (cause: unknown): boolean => networkProblem(cause) === "it does not answer";

/**
 * Opens connections one by one until one is rejected or `wanted` are open, then closes them all. It stops at
 * the first rejection, so a running service lacks connections only for a moment.
 * @param wanted at most; never more than `OPENED_MAX` are opened
 * @throws errors of `open` other than a lack of connections
 */
export const measureRoom = async (wanted: number, open: () => Promise<Client>): Promise<Room> => {
  const opened: Client[] = [];
  try {
    while (opened.length < Math.min(wanted, OPENED_MAX)) opened.push(await open());
    return { free: opened.length, isAll: false };
  } catch (cause) {
    if (!isFull(cause) && !waits(cause)) throw cause;
    return { free: opened.length, isAll: true };
  } finally {
    await Promise.all(opened.map((client) => client.end()));
  }
};
