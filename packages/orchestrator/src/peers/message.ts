/** What orchestrators send each other by NOTIFY: JSON, in pieces that fit into a notification. */
import { parseJson } from "@leo/core/parse-json.ts";
import { z } from "zod";

/** The channel for messages between orchestrators. */
export const PEERS_CHANNEL = "leo_peers";

/** A key, such as a user's id, and a number for it. */
export type Entry = [key: string, count: number];

const PeerMessage = z.object({
  /** The sender; each process has a name of its own. */
  from: z.string(),
  /** A piece of a topic. A message without one is a beat: everything before it has been sent. */
  topic: z.string().optional(),
  entries: z.array(z.tuple([z.string(), z.number().int()])).default([]),
  /** The first piece of a full set, which replaces what was sent for this topic before. */
  isFull: z.boolean().default(false),
  /** The sender has missed what others sent before it listened, and asks for it. */
  asks: z.boolean().default(false),
  /** The sender shuts down and holds nothing any more. */
  leaves: z.boolean().default(false),
});
export type PeerMessage = z.infer<typeof PeerMessage>;

/** PostgreSQL takes 7,999 bytes; a key is at most 40 characters and these take one byte each. */
const ENTRIES_PER_PIECE = 120;

export const beat = (from: string, asks: boolean): string =>
  JSON.stringify({ from, ...(asks ? { asks } : {}) });

export const farewell = (from: string): string => JSON.stringify({ from, leaves: true });

/** A topic's entries as notifications; none for no entries, unless the set is full. */
export const pieces = (from: string, topic: string, entries: Entry[], isFull: boolean): string[] => {
  const count = Math.max(isFull ? 1 : 0, Math.ceil(entries.length / ENTRIES_PER_PIECE));
  return Array.from({ length: count }, (_, index) => {
    const part = entries.slice(index * ENTRIES_PER_PIECE, (index + 1) * ENTRIES_PER_PIECE);
    return JSON.stringify({ from, topic, entries: part, ...(isFull && index === 0 ? { isFull } : {}) });
  });
};

/** @returns undefined for what no orchestrator of this version sends */
export const parsePeerMessage = (payload: string): PeerMessage | undefined => {
  return PeerMessage.safeParse(parseJson(payload)).data;
};
