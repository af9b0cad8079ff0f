/** What orchestrators tell each other by NOTIFY: text of JSON, in pieces that a notification can carry. */
import { z } from "zod";

/** Channel of what orchestrators tell each other. */
export const PEERS_CHANNEL = "leo_peers";

/** A key, such as a user's id, and a number for it. */
export type Entry = [key: string, count: number];

const PeerMessage = z.object({
  /** The orchestrator that speaks; each process has a name of its own. */
  from: z.string(),
  /** A piece of a topic. Without one it is a beat: everything before it was said. */
  topic: z.string().optional(),
  entries: z.array(z.tuple([z.string(), z.number().int()])).default([]),
  /** The first piece of all that there is: what was said of this topic before does not count any more. */
  isFull: z.boolean().default(false),
  /** It lacks what somebody said before it listened. */
  asks: z.boolean().default(false),
  /** It ends and holds nothing any more. */
  leaves: z.boolean().default(false),
});
export type PeerMessage = z.infer<typeof PeerMessage>;

/** PostgreSQL takes 7,999 bytes; a key is at most 40 characters and these take one byte each. */
const ENTRIES_PER_PIECE = 120;

export const beat = (from: string, asks: boolean): string =>
  JSON.stringify({ from, ...(asks ? { asks } : {}) });

export const farewell = (from: string): string => JSON.stringify({ from, leaves: true });

/** A topic's entries as notifications; none for nothing, unless it is all that there is. */
export const pieces = (from: string, topic: string, entries: Entry[], isFull: boolean): string[] => {
  const count = Math.max(isFull ? 1 : 0, Math.ceil(entries.length / ENTRIES_PER_PIECE));
  return Array.from({ length: count }, (_, index) => {
    const part = entries.slice(index * ENTRIES_PER_PIECE, (index + 1) * ENTRIES_PER_PIECE);
    return JSON.stringify({ from, topic, entries: part, ...(isFull && index === 0 ? { isFull } : {}) });
  });
};

/** @returns nothing for what no orchestrator of this version says */
export const parsePeerMessage = (payload: string): PeerMessage | undefined => {
  try {
    return PeerMessage.safeParse(JSON.parse(payload)).data;
  } catch {
    // Not JSON: nobody of ours.
    return undefined;
  }
};
