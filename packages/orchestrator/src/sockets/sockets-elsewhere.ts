/** How many sockets users have open at other orchestrators. */
import type { Entry } from "../peers/message.ts";

export interface SocketsElsewhere {
  /** The last known counts of peers; `before` includes only peers whose name sorts before it. */
  of(userId: string, before?: string): number;
  /**
   * The same, once every peer with sockets of this user has confirmed its count or is gone: a count may be out of
   * date, or its orchestrator dead. Takes at most as long as a dead peer goes unnoticed.
   */
  confirmed(userId: string): Promise<number>;
  /** @returns the users whose counts were sent */
  receive(peer: string, entries: Entry[], isFull: boolean): string[];
  beaten(peer: string): void;
  left(peer: string): void;
}

/** The first beat may already have been on its way. */
const BEATS_TO_CONFIRM = 2;

interface Question {
  /** How many beats of each peer are still missing. */
  missing: Map<string, number>;
  answer: () => void;
}

export const createSocketsElsewhere = (): SocketsElsewhere => {
  const byPeer = new Map<string, Map<string, number>>();
  const questions = new Set<Question>();

  const of = (userId: string, before?: string) => {
    let count = 0;
    for (const [peer, counts] of byPeer)
      if (before === undefined || peer < before) count += counts.get(userId) ?? 0;
    return count;
  };

  const heard = (peer: string, beats: number) => {
    for (const question of questions) {
      const left = (question.missing.get(peer) ?? 0) - beats;
      if (left > 0) question.missing.set(peer, left);
      else question.missing.delete(peer);
      if (question.missing.size > 0) continue;
      questions.delete(question);
      question.answer();
    }
  };

  return {
    of,
    confirmed: async (userId) => {
      const asked = [...byPeer].filter(([, counts]) => counts.has(userId));
      const missing = new Map(asked.map(([peer]) => [peer, BEATS_TO_CONFIRM]));
      if (missing.size > 0) await new Promise<void>((resolve) => questions.add({ missing, answer: resolve }));
      return of(userId);
    },
    receive: (peer, entries, isFull) => {
      const counts = (isFull ? undefined : byPeer.get(peer)) ?? new Map<string, number>();
      byPeer.set(peer, counts);
      for (const [userId, count] of entries) {
        if (count > 0) counts.set(userId, count);
        else counts.delete(userId);
      }
      return entries.map(([userId]) => userId);
    },
    beaten: (peer) => heard(peer, 1),
    left: (peer) => {
      byPeer.delete(peer);
      heard(peer, BEATS_TO_CONFIRM);
    },
  };
};
