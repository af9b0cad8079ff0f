/** `/ws/ui`: one browser. Its subscriptions read through the hub; it never writes. */
import { eq, and, isNull } from "drizzle-orm";
import type { ErrorCode } from "@leo/core/api.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode, PROTOCOL } from "@leo/core/protocol/close-code.ts";
import { FromBrowser, type ToBrowser } from "@leo/core/protocol/ui.ts";
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
import { createTokenBuckets } from "../auth/token-buckets.ts";
import type { AppNotices } from "./app-notices.ts";
import { closeWith, parseFrame } from "./frame.ts";
import { keepAlive } from "./keepalive.ts";

export interface UiSocketOptions {
  hub: Hub;
  appNotices: AppNotices;
  verify: Verifier;
  /** @throws ApiFault when this user may have no socket, or no further one */
  admit: (user: User, socket: WebSocket) => Promise<void>;
}

const CODES: Partial<Record<ErrorCode, number>> = {
  forbidden: CloseCode.suspended,
  rate_limited: CloseCode.tooMany,
};

/** The code and the reason of a socket that is refused. */
const refusalOf = (cause: unknown): [code: number, reason: string] => [
  (cause instanceof ApiFault && CODES[cause.code]) || CloseCode.unauthenticated,
  cause instanceof Error ? cause.message : "not authenticated",
];

/** Live frames wait once this much is unsent: the reader then catches up from the table. */
const BUFFER_MAX_BYTES = 1024 * 1024;
const ROOM_POLL_MS = 20;
const SUBSCRIPTIONS_MAX = 50;
/** Messages of one browser that may wait for the database before its socket stops being read. */
const WAITING_MAX = 16;
/** Of one browser; what comes faster waits. A page sends one for each run that it follows, and renews. */
const MESSAGES_PER_MINUTE = 600;
/** A browser is asked for a new token this long before its own expires. */
const RENEW_AHEAD_MS = 60_000;
/** The longest time that a timer takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

const sinkOf = (socket: WebSocket): Sink => {
  const isOpen = () => socket.readyState === socket.OPEN;
  const hasRoom = () => socket.bufferedAmount < BUFFER_MAX_BYTES;
  return {
    isOpen,
    hasRoom,
    send: (data) => socket.send(data, { binary: false }),
    room: async (ended) => {
      while (isOpen() && !hasRoom() && !ended.aborted) await delay(ROOM_POLL_MS);
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

export const serveUiSocket = (
  context: Context,
  socket: WebSocket,
  { hub, appNotices, verify, admit }: UiSocketOptions,
): void => {
  const sink = sinkOf(socket);
  const subscriptions = new Map<string, () => void>();
  let unfollowApps: (() => void) | undefined;
  let user: User | undefined;
  let expiry: NodeJS.Timeout | undefined;
  const helloTimer = setTimeout(
    () => closeWith(socket, CloseCode.timeout, "no hello in time"),
    LIMITS.helloTimeoutMs,
  );
  const send = (message: ToBrowser) => socket.send(JSON.stringify(message));
  keepAlive(socket, keepAliveTimes(context.config.LEO_HEARTBEAT_LOST_MS));

  const accept = async (accessToken: string): Promise<boolean> => {
    try {
      const token = await verify(accessToken);
      if (user && token.userId !== user.userId) throw new Error("the new token is another user's");
      if (!user) await admit(token, socket);
      user = token;
    } catch (cause) {
      closeWith(socket, ...refusalOf(cause));
      return false;
    }
    if (socket.readyState !== socket.OPEN) return false;
    watchExpiry(user);
    return true;
  };

  const watchExpiry = ({ expiresAt }: User): void => {
    clearTimeout(expiry);
    const leftMs = expiresAt.getTime() - context.now().getTime();
    if (leftMs > RENEW_AHEAD_MS) {
      const untilRenewalMs = leftMs - RENEW_AHEAD_MS;
      expiry = setTimeout(() => user && watchExpiry(user), Math.min(untilRenewalMs, TIMER_MAX_MS));
      return;
    }
    send({ type: "token_expiring", expiresAt: expiresAt.toISOString() });
    const expired = () => closeWith(socket, CloseCode.unauthenticated, "the access token expired");
    expiry = setTimeout(expired, Math.max(0, leftMs));
  };

  const subscribe = async (userId: string, generationId: string, since: number) => {
    const refuse = (code: "not_found" | "rate_limited", message: string) =>
      send({ type: "error", code, message, generationId });
    if (subscriptions.size >= SUBSCRIPTIONS_MAX && !subscriptions.has(generationId)) {
      refuse("rate_limited", `A page may follow ${SUBSCRIPTIONS_MAX} generations at once.`);
      return;
    }
    const lastSeq = await readOwned(context, userId, generationId);
    if (socket.readyState !== socket.OPEN) return;
    if (lastSeq === undefined) {
      refuse("not_found", "There is no such generation.");
      return;
    }
    subscriptions.get(generationId)?.();
    send({ type: "subscribed", generationId, lastSeq });
    subscriptions.set(generationId, hub.subscribe(generationId, since, lastSeq, sink));
  };

  const handle = async (message: FromBrowser): Promise<void> => {
    if (message.type === "hello") {
      clearTimeout(helloTimer);
      if (message.protocol !== PROTOCOL) {
        closeWith(
          socket,
          CloseCode.protocol,
          `protocol ${message.protocol} is unknown, this server speaks ${PROTOCOL}`,
        );
        return;
      }
      if (await accept(message.accessToken))
        send({ type: "welcome", protocol: PROTOCOL, userId: user?.userId ?? "" });
      return;
    }
    if (!user) {
      closeWith(socket, CloseCode.protocol, "the first message must be hello");
      return;
    }
    if (message.type === "ping") {
      send({ type: "pong" });
      return;
    }
    if (message.type === "follow_apps") {
      if (socket.readyState !== socket.OPEN) return;
      unfollowApps?.();
      unfollowApps = appNotices.follow(user.userId, sink);
      send({ type: "apps_followed" });
      return;
    }
    if (message.type === "renew") {
      await accept(message.accessToken);
      return;
    }
    if (message.type === "subscribe") {
      await subscribe(user.userId, message.generationId, message.since);
      return;
    }
    subscriptions.get(message.generationId)?.();
    subscriptions.delete(message.generationId);
    send({ type: "unsubscribed", generationId: message.generationId });
  };

  const pace = createTokenBuckets(MESSAGES_PER_MINUTE, context.now, 1);
  const untilAllowed = async (): Promise<void> => {
    const waitMs = pace.take("messages");
    if (waitMs === 0 || socket.readyState !== socket.OPEN) return;
    await delay(waitMs);
    await untilAllowed();
  };

  // One after the other, so that a subscribe waits for the hello before it.
  let queue = Promise.resolve();
  let waiting = 0;
  socket.on("message", (data, isBinary) => {
    const message = parseFrame(socket, FromBrowser, data, isBinary);
    if (!message) return;
    waiting += 1;
    if (waiting >= WAITING_MAX) socket.pause();
    const ids = {
      userId: user?.userId,
      generationId: "generationId" in message ? message.generationId : undefined,
    };
    queue = queue
      .then(untilAllowed)
      .then(() => withIds(ids, () => handle(message)))
      .catch((cause: unknown) => {
        context.log.error({ err: cause, event: "ui_message_failed", ...ids }, "a browser's message failed");
        // It comes back and asks again from its last `seq`; a page that stayed would wait for ever.
        closeWith(socket, CloseCode.restart, "try again");
      })
      .finally(() => {
        waiting -= 1;
        if (socket.isPaused) socket.resume();
      });
  });
  socket.on("error", (cause) =>
    context.log.debug({ err: cause, event: "ui_socket_error" }, "browser socket error"),
  );
  socket.on("close", () => {
    clearTimeout(helloTimer);
    clearTimeout(expiry);
    unfollowApps?.();
    for (const unsubscribe of subscriptions.values()) unsubscribe();
    subscriptions.clear();
  });
};
