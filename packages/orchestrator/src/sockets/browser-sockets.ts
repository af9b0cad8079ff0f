/**
 * Which user each browser's socket belongs to, so that a user stays within their limit and can be cut off.
 *
 * The limit holds across all orchestrators. Each counts its own sockets immediately and knows the others' counts
 * from their last beat. A socket that would exceed the limit together with those waits until they are confirmed:
 * they may be gone with their orchestrator. When a user opens too many at several orchestrators at the same
 * moment, the surplus is closed with the next beat; the orchestrator whose name sorts first keeps its sockets.
 */
import { and, inArray, isNotNull } from "drizzle-orm";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { Context } from "../app-context.ts";
import { users } from "../db/schema.ts";
import { limitFault } from "../limits/limit-fault.ts";
import type { User } from "../auth/verifier.ts";
import type { Entry } from "../peers/message.ts";
import type { Topic } from "../peers/peers.ts";
import type { OpenSocket } from "./open-socket.ts";
import { createSocketsElsewhere } from "./sockets-elsewhere.ts";

export interface BrowserSockets {
  /** Counts a socket as the user's until it closes. @throws ApiFault `rate_limited` when they have as many as they may */
  add(user: User, socket: OpenSocket): Promise<void>;
  /** Closes the sockets of sessions that their user has ended. */
  closeEnded(isEnded: (sessionId: string) => boolean): void;
  /** Closes the sockets of suspended users. */
  closeSuspended(): Promise<void>;
  /** How many each user has, for the other orchestrators. */
  topic: Topic;
}

/** One user's sockets here, in the order in which they were opened. */
interface Opened {
  counted: Set<OpenSocket>;
  /** They wait for the other orchestrators' counts. */
  waiting: Set<OpenSocket>;
}

const createOpened = () => {
  const byUser = new Map<string, Opened>();
  const sessions = new Map<OpenSocket, string>();
  const changed = new Set<string>();
  const countOf = (userId: string): Entry => [userId, byUser.get(userId)?.counted.size ?? 0];
  return {
    byUser,
    /** The sign-in that each socket's token comes from, where it names one. */
    sessions,
    of: (userId: string): Opened => {
      const opened = byUser.get(userId) ?? { counted: new Set(), waiting: new Set() };
      byUser.set(userId, opened);
      return opened;
    },
    /** Counts one that has waited; not one that is closed by now. */
    count: (userId: string, socket: OpenSocket) => {
      const opened = byUser.get(userId);
      if (!opened?.waiting.delete(socket)) return;
      opened.counted.add(socket);
      changed.add(userId);
    },
    remove: (userId: string, socket: OpenSocket) => {
      const opened = byUser.get(userId);
      sessions.delete(socket);
      if (opened?.counted.delete(socket)) changed.add(userId);
      opened?.waiting.delete(socket);
      if (opened && opened.counted.size + opened.waiting.size === 0) byUser.delete(userId);
    },
    /** How many each user has, of all or of those whose number has changed since the last call. */
    takeCounts: (isFull: boolean): Entry[] => {
      const counts = Array.from(isFull ? byUser.keys() : changed, countOf);
      changed.clear();
      return counts;
    },
  };
};

/** @param name this orchestrator's own among its peers */
export const createBrowserSockets = ({ config, database }: Context, name: string): BrowserSockets => {
  const here = createOpened();
  const elsewhere = createSocketsElsewhere();
  const max = config.LEO_SOCKETS_PER_USER;

  const tooMany = (open: number) =>
    limitFault("rate_limited", `You have ${open} pages of Leo open, the limit is ${max}. Close one.`, {
      limit: "sockets_per_user",
      max,
      current: open,
    });

  /** Closes a user's surplus sockets here, newest first. */
  const closeSurplus = (userId: string) => {
    const counted = here.byUser.get(userId)?.counted ?? new Set();
    const total = counted.size + elsewhere.of(userId);
    if (total <= max) return;
    const allowed = Math.max(0, max - elsewhere.of(userId, name));
    for (const socket of [...counted].slice(allowed)) {
      here.remove(userId, socket);
      socket.close(CloseCode.tooMany, tooMany(total).message);
    }
  };

  return {
    add: async ({ userId, session }, socket) => {
      const opened = here.of(userId);
      const count = () => opened.counted.size + opened.waiting.size;
      if (count() >= max) throw tooMany(count());
      opened.waiting.add(socket);
      if (session) here.sessions.set(socket, session.id);
      socket.onClosed(() => here.remove(userId, socket));
      if (count() + elsewhere.of(userId) > max) {
        const others = await elsewhere.confirmed(userId);
        if (count() + others > max) {
          const open = count() + others - 1;
          here.remove(userId, socket);
          throw tooMany(open);
        }
      }
      here.count(userId, socket);
    },
    closeEnded: (isEnded) => {
      for (const [socket, sessionId] of here.sessions)
        if (isEnded(sessionId)) socket.close(CloseCode.unauthenticated, "signed out");
    },
    closeSuspended: async () => {
      const asked = [...here.byUser.keys()];
      if (asked.length === 0) return;
      const suspended = await database.orm
        .select({ id: users.id })
        .from(users)
        .where(and(inArray(users.id, asked), isNotNull(users.suspendedAt)));
      for (const { id } of suspended) {
        const { counted = [], waiting = [] } = here.byUser.get(id) ?? {};
        for (const socket of [...counted, ...waiting])
          socket.close(CloseCode.suspended, "the account is suspended");
      }
    },
    topic: {
      name: "sockets",
      collect: (isFull) => here.takeCounts(isFull),
      receive: (peer, entries, isFull) => {
        for (const userId of elsewhere.receive(peer, entries, isFull)) closeSurplus(userId);
      },
      beaten: (peer) => elsewhere.beaten(peer),
      left: (peer) => elsewhere.left(peer),
    },
  };
};
