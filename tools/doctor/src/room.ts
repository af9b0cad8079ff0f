/** How many connections a database really gives: a pooler before it lets through fewer than it has. */
import type { Client } from "pg";
import { networkProblem } from "@leo/core/explain.ts";

/** Never more than this at once, whatever a stage needs. */
export const OPENED_MAX = 30;

export interface Room {
  /** Connections that were given, at once, beside all that were open. */
  free: number;
  /** One more was refused. Otherwise there may be more than were asked for. */
  isAll: boolean;
}

const FULL =
  /max ?client|max client connections|no more connections allowed|too many (clients|connections)|remaining connection slots/i;

/**
 * Whether a failed connect says that no connection is left. PostgreSQL has a code for it; Supabase's
 * pooler has the code of any error, and a sentence that differs from version to version.
 */
export const isFull = (cause: unknown): boolean => {
  const { code, message = "" } = cause as { code?: string; message?: string };
  return code === "53300" || FULL.test(message);
};

/** PgBouncer does not refuse: it lets the client wait. */
const waits = (cause: unknown): boolean => networkProblem(cause) === "it does not answer";

/**
 * Opens connections one after the other until one is refused or `wanted` are open, then closes them all.
 * It ends at the first refusal, so that a running service lacks its connections for a moment only.
 * @param wanted at most; never more than `OPENED_MAX` are opened
 * @throws what `open` throws for another reason than room
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
