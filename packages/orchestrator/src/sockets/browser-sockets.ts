/** Which browsers' sockets are whose, so that a user has no more than they may and can be cut off. */
import { and, inArray, isNotNull } from "drizzle-orm";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { WebSocket } from "ws";
import type { Context } from "../context.ts";
import { users } from "../db/schema.ts";
import { limitFault } from "../domain/limits/limit-fault.ts";
import type { User } from "../http/authenticate.ts";
import { closeWith } from "./frame.ts";

export interface BrowserSockets {
  /** Counts a socket as the user's until it closes. @throws ApiFault `rate_limited` when they have as many as they may */
  add(user: User, socket: WebSocket): void;
  /** Closes the sockets of sessions that their user has ended. */
  closeEnded(isEnded: (sessionId: string) => boolean): void;
  /** Closes the sockets of those who are suspended. */
  closeSuspended(): Promise<void>;
}

export const createBrowserSockets = ({ config, database }: Context): BrowserSockets => {
  const byUser = new Map<string, Set<WebSocket>>();
  const sessions = new Map<WebSocket, string>();

  return {
    add: ({ userId, session }, socket) => {
      const sockets = byUser.get(userId) ?? new Set();
      const { size } = sockets;
      const max = config.LEO_SOCKETS_PER_USER;
      if (size >= max)
        throw limitFault(
          "rate_limited",
          `You have ${size} pages of Leo open, the limit is ${max}. Close one.`,
          {
            limit: "sockets_per_user",
            max,
            current: size,
          },
        );
      byUser.set(userId, sockets.add(socket));
      if (session) sessions.set(socket, session.id);
      socket.once("close", () => {
        sessions.delete(socket);
        sockets.delete(socket);
        if (sockets.size === 0 && byUser.get(userId) === sockets) byUser.delete(userId);
      });
    },
    closeEnded: (isEnded) => {
      for (const [socket, sessionId] of sessions)
        if (isEnded(sessionId)) closeWith(socket, CloseCode.unauthenticated, "signed out");
    },
    closeSuspended: async () => {
      const asked = [...byUser.keys()];
      if (asked.length === 0) return;
      const suspended = await database.orm
        .select({ id: users.id })
        .from(users)
        .where(and(inArray(users.id, asked), isNotNull(users.suspendedAt)));
      for (const { id } of suspended) {
        for (const socket of byUser.get(id) ?? [])
          closeWith(socket, CloseCode.suspended, "the account is suspended");
      }
    },
  };
};
