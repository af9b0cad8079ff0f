/** How many sockets users have open at other orchestrators. */
import type { Entry } from "../peers/message.ts";

export interface SocketsElsewhere {
  /** What peers have said last; `before` counts only those whose name comes first. */
  of(userId: string, before?: string): number;
  /**
   * The same, once every peer that had some has said so anew or is gone: what one has said before may
   * have changed by now, or it has died. Takes at most as long as a dead one goes unnoticed.
   */
  confirmed(userId: string): Promise<number>;
  /** @returns the users of whom there is news */
  receive(peer: string, entries: Entry[], isFull: boolean): string[];
  beaten(peer: string): void;
  left(peer: string): void;
}

/** The first beat may have been on its way already. */
const BEATS_TO_CONFIRM = 2;

interface Question {
  /** Beats that each peer still has to give. */
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
