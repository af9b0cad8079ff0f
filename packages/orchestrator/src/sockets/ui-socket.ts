/** `/ws/ui`: one browser. Its subscriptions read through the hub; it never writes. */
import { eq, and, isNull } from "drizzle-orm";
import type { ErrorCode } from "@leo/core/api.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { FromBrowser } from "@leo/core/protocol/ui.ts";
import { setTimeout as delay } from "node:timers/promises";
import type { WebSocket } from "ws";
import { userContext, type Context } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import { apps, generations } from "../db/schema.ts";
import type { Hub, Sink } from "../events/hub.ts";
import { ApiFault } from "../fault.ts";
import type { User, Verifier } from "../auth/verifier.ts";
import { withIds } from "../telemetry/log.ts";
import { keepAliveTimes } from "../timeouts.ts";
import type { AppNotices } from "./app-notices.ts";
import { closeWith, parseFrame } from "./frame.ts";
import { keepAlive } from "./keepalive.ts";
import { openSocket, type OpenSocket } from "./open-socket.ts";
import { runSession } from "./session.ts";
import { openUiSession, type UiEffect, type UiInput, type UiSession } from "./ui-session.ts";
import { stepUiSession, untilUiTickMs } from "./ui-step.ts";

export interface UiSocketOptions {
  hub: Hub;
  appNotices: AppNotices;
  verify: Verifier;
  /** @throws ApiFault when this user may have no socket, or no further one */
  admit: (user: User, socket: OpenSocket) => Promise<void>;
}

const CODES: Partial<Record<ErrorCode, number>> = {
  forbidden: CloseCode.suspended,
  rate_limited: CloseCode.tooMany,
};

/** How soon a full reader is looked at again; one that stays full is looked at less and less often. */
const ROOM_POLL_MIN_MS = 20;
const ROOM_POLL_MAX_MS = 320;

const sinkOf = (socket: WebSocket, hub: Hub): Sink => {
  const isOpen = () => socket.readyState === socket.OPEN;
  const hasRoom = () => socket.bufferedAmount < hub.shareBytes;
  return {
    isOpen,
    hasRoom,
    send: (data) => socket.send(data, { binary: false }),
    room: async (ended) => {
      for (let waitMs = ROOM_POLL_MIN_MS; isOpen() && !hasRoom() && !ended.aborted;) {
        await delay(waitMs);
        waitMs = Math.min(2 * waitMs, ROOM_POLL_MAX_MS);
      }
    },
  };
};

/** The generation's newest `seq` if it is this user's, else undefined. */
const readOwned = async (context: Context, userId: string, generationId: string) => {
  const [row] = await tx(userContext(context, userId), ({ orm }) =>
    orm
      .select({ lastSeq: generations.lastSeq })
      .from(generations)
      .innerJoin(apps, eq(apps.id, generations.appId))
      .where(and(eq(generations.id, generationId), eq(generations.ownerId, userId), isNull(apps.deletedAt))),
  );
  return row?.lastSeq;
};

/** The user whose token this is, or why they get no socket. */
const admission = async (enter: () => Promise<User>): Promise<UiInput> => {
  try {
    return { type: "verified", user: await enter() };
  } catch (cause) {
    if (!(cause instanceof ApiFault)) throw cause;
    const code = CODES[cause.code] ?? CloseCode.unauthenticated;
    return { type: "rejected", code, reason: cause.message };
  }
};

/** Carries out what the session decides. @returns the socket as others may close it */
export const serveUiSocket = (
  context: Context,
  socket: WebSocket,
  { hub, appNotices, verify, admit }: UiSocketOptions,
): OpenSocket => {
  const { log } = context;
  const sink = sinkOf(socket, hub);
  const unsubscribes = new Map<string, () => void>();
  let unfollowApps = () => undefined as void;

  const ask = (ids: { userId?: string; generationId?: string }, work: () => Promise<UiInput>) => {
    const failed = (cause: unknown): UiInput => {
      log.error({ err: cause, event: "ui_message_failed", ...ids }, "a browser's message failed");
      return { type: "failed" };
    };
    void withIds(ids, work)
      .catch(failed)
      .then((input) => dispatch(input));
  };

  const enter = async (accessToken: string) => {
    const user = await verify(accessToken);
    await admit(user, opened);
    return user;
  };

  const perform = (effect: UiEffect): void => {
    switch (effect.type) {
      case "send":
        return socket.send(JSON.stringify(effect.message));
      case "close":
        return closeWith(socket, effect.code, effect.reason);
      case "pause":
        return socket.pause();
      case "resume":
        return socket.resume();
      case "admit":
        return ask({}, () => admission(() => enter(effect.accessToken)));
      case "verify":
        return ask({}, () => admission(() => verify(effect.accessToken)));
      case "find": {
        const { userId, generationId } = effect;
        return ask({ userId, generationId }, async () => ({
          type: "found",
          lastSeq: await readOwned(context, userId, generationId),
        }));
      }
      case "subscribe": {
        const { generationId, since, lastSeq } = effect;
        unsubscribes.set(generationId, hub.subscribe(generationId, since, lastSeq, sink));
        return undefined;
      }
      case "unsubscribe":
        unsubscribes.get(effect.generationId)?.();
        unsubscribes.delete(effect.generationId);
        return undefined;
      case "follow_apps":
        unfollowApps = appNotices.follow(effect.userId, sink);
        return undefined;
      case "unfollow_apps":
        return unfollowApps();
    }
  };

  const now = () => ({ dateMs: context.now().getTime(), elapsedMs: performance.now() });
  const dispatch = runSession<UiSession, UiInput, UiEffect>({
    start: openUiSession(now()),
    step: stepUiSession,
    untilTickMs: untilUiTickMs,
    perform,
    now,
  });
  const opened = openSocket(socket, (code, reason) => dispatch({ type: "dismissed", code, reason }));

  keepAlive(socket, keepAliveTimes(context.config.LEO_HEARTBEAT_LOST_MS));
  socket.on("message", (data, isBinary) => dispatch(parseFrame(FromBrowser, data, isBinary)));
  socket.on("error", (cause) => log.debug({ err: cause, event: "ui_socket_error" }, "browser socket error"));
  socket.on("close", () => dispatch({ type: "closed" }));
  return opened;
};
