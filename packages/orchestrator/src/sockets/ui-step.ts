/** What a browser's session does about what happens, as pure functions. */
import { CloseCode, PROTOCOL } from "@leo/core/protocol/close-code.ts";
import type { FromBrowser } from "@leo/core/protocol/ui.ts";
import type { User } from "../auth/verifier.ts";
import type { Moment } from "./session.ts";
import {
  close,
  releases,
  send,
  stay,
  type Connected,
  type Open,
  type Queue,
  type UiEffect,
  type UiInput,
  type UiSession,
  type UiStep,
} from "./ui-session.ts";

const SUBSCRIPTIONS_MAX = 50;
/** Messages of one browser that may wait for the database before its socket stops being read. */
const WAITING_MAX = 16;
/** Of one browser; more than that wait. A page sends one for each run that it follows, and renews. */
const MESSAGES_PER_MINUTE = 600;
const MINUTE_MS = 60_000;
const MESSAGE_INTERVAL_MS = MINUTE_MS / MESSAGES_PER_MINUTE;
/** A browser is asked for a new token this long before its own expires. */
const RENEW_AHEAD_MS = 60_000;

const isBusy = (session: UiSession): boolean =>
  session.state === "admitting" || (session.state === "open" && session.doing.type !== "nothing");

const isFull = (session: UiSession): boolean =>
  session.state !== "closing" && session.inbox.length + (isBusy(session) ? 1 : 0) >= WAITING_MAX;

/** How long until one more message is allowed. */
const allowanceWaitMs = ({ allowanceFullAtMs }: Queue, { elapsedMs }: Moment): number =>
  Math.max(0, Math.ceil(allowanceFullAtMs - elapsedMs + MESSAGE_INTERVAL_MS - MINUTE_MS));

const hello = (
  session: Connected | Open,
  { protocol, accessToken }: FromBrowser & { type: "hello" },
): UiStep => {
  if (protocol !== PROTOCOL)
    return close(
      session,
      CloseCode.protocol,
      `protocol ${protocol} is unknown, this server speaks ${PROTOCOL}`,
    );
  if (session.state === "open")
    return {
      session: { ...session, doing: { type: "renewing", reply: "welcome" } },
      effects: [{ type: "verify", accessToken }],
    };
  const { inbox, allowanceFullAtMs } = session;
  return {
    session: { state: "admitting", inbox, allowanceFullAtMs },
    effects: [{ type: "admit", accessToken }],
  };
};

const subscribe = (session: Open, { generationId, since }: FromBrowser & { type: "subscribe" }): UiStep => {
  const { subscriptions, user } = session;
  if (subscriptions.size >= SUBSCRIPTIONS_MAX && !subscriptions.has(generationId)) {
    const message = `A page may follow ${SUBSCRIPTIONS_MAX} generations at once.`;
    return { session, effects: [send({ type: "error", code: "rate_limited", message, generationId })] };
  }
  return {
    session: { ...session, doing: { type: "finding", generationId, since } },
    effects: [{ type: "find", userId: user.userId, generationId }],
  };
};

const unsubscribe = (session: Open, generationId: string): UiStep => {
  const answer = send({ type: "unsubscribed", generationId });
  if (!session.subscriptions.has(generationId)) return { session, effects: [answer] };
  const subscriptions = new Set(session.subscriptions);
  subscriptions.delete(generationId);
  return { session: { ...session, subscriptions }, effects: [{ type: "unsubscribe", generationId }, answer] };
};

const followApps = (session: Open): UiStep => {
  const ends: UiEffect[] = session.apps === "followed" ? [{ type: "unfollow_apps" }] : [];
  return {
    session: { ...session, apps: "followed" },
    effects: [...ends, { type: "follow_apps", userId: session.user.userId }, send({ type: "apps_followed" })],
  };
};

const handle = (session: Connected | Open, message: FromBrowser): UiStep => {
  if (message.type === "hello") return hello(session, message);
  if (session.state === "connected")
    return close(session, CloseCode.protocol, "the first message must be hello");
  switch (message.type) {
    case "ping":
      return { session, effects: [send({ type: "pong" })] };
    case "follow_apps":
      return followApps(session);
    case "renew":
      return {
        session: { ...session, doing: { type: "renewing", reply: "none" } },
        effects: [{ type: "verify", accessToken: message.accessToken }],
      };
    case "subscribe":
      return subscribe(session, message);
    case "unsubscribe":
      break;
  }
  return unsubscribe(session, message.generationId);
};

const verified = (session: UiSession, user: User): UiStep => {
  const welcome = send({ type: "welcome", protocol: PROTOCOL, userId: user.userId });
  if (session.state === "admitting") {
    const { inbox, allowanceFullAtMs } = session;
    return {
      session: {
        state: "open",
        user,
        token: "valid",
        subscriptions: new Set(),
        apps: "ignored",
        doing: { type: "nothing" },
        inbox,
        allowanceFullAtMs,
      },
      effects: [welcome],
    };
  }
  if (session.state !== "open" || session.doing.type !== "renewing") return stay(session);
  if (user.userId !== session.user.userId)
    return close(session, CloseCode.unauthenticated, "the new token is another user's");
  return {
    session: { ...session, user, token: "valid", doing: { type: "nothing" } },
    effects: session.doing.reply === "welcome" ? [welcome] : [],
  };
};

const found = (session: UiSession, lastSeq: number | undefined): UiStep => {
  if (session.state !== "open" || session.doing.type !== "finding") return stay(session);
  const { generationId, since } = session.doing;
  const idle: Open = { ...session, doing: { type: "nothing" } };
  if (lastSeq === undefined) {
    const message = "There is no such generation.";
    return { session: idle, effects: [send({ type: "error", code: "not_found", message, generationId })] };
  }
  const ends: UiEffect[] = session.subscriptions.has(generationId)
    ? [{ type: "unsubscribe", generationId }]
    : [];
  return {
    session: { ...idle, subscriptions: new Set([...session.subscriptions, generationId]) },
    effects: [
      ...ends,
      send({ type: "subscribed", generationId, lastSeq }),
      { type: "subscribe", generationId, since, lastSeq },
    ],
  };
};

const react = (session: UiSession, input: UiInput): UiStep => {
  if (session.state === "closing") return stay(session);
  switch (input.type) {
    case "message":
      return stay({ ...session, inbox: [...session.inbox, input.message] });
    case "malformed":
      return close(session, CloseCode.protocol, input.reason);
    case "verified":
      return verified(session, input.user);
    case "found":
      return found(session, input.lastSeq);
    case "rejected":
    case "dismissed":
      return close(session, input.code, input.reason);
    case "failed":
      // It comes back and asks again from its last `seq`; a page that stayed would wait for ever.
      return close(session, CloseCode.restart, "try again");
    case "closed":
      return { session: { state: "closing" }, effects: releases(session) };
    case "tick":
      break;
  }
  return stay(session);
};

/** Closes a session that let a deadline pass, and asks for a new token in time. */
const expire = (session: UiSession, { dateMs, elapsedMs }: Moment): UiStep => {
  if (session.state === "connected" && elapsedMs >= session.helloByMs)
    return close(session, CloseCode.timeout, "no hello in time");
  if (session.state !== "open") return stay(session);
  const { expiresAt } = session.user;
  const leftMs = expiresAt.getTime() - dateMs;
  if (session.token === "valid" && leftMs <= RENEW_AHEAD_MS) {
    const request = send({ type: "token_expiring", expiresAt: expiresAt.toISOString() });
    return { session: { ...session, token: "expiring" }, effects: [request] };
  }
  return session.token === "expiring" && leftMs <= 0
    ? close(session, CloseCode.unauthenticated, "the access token expired")
    : stay(session);
};

/** Handles what waits in the inbox, up to a message that must wait for an answer or for its allowance. */
const drainInbox = (first: UiSession, now: Moment): UiStep => {
  const effects: UiEffect[] = [];
  let session = first;
  while ((session.state === "connected" || session.state === "open") && !isBusy(session)) {
    const [message, ...inbox] = session.inbox;
    if (!message || allowanceWaitMs(session, now) > 0) break;
    const allowanceFullAtMs = Math.max(session.allowanceFullAtMs, now.elapsedMs) + MESSAGE_INTERVAL_MS;
    const next = handle({ ...session, inbox, allowanceFullAtMs }, message);
    session = next.session;
    effects.push(...next.effects);
  }
  return { session, effects };
};

/** What a session does about one input. Never throws; an answer that nothing waits for changes nothing. */
export const stepUiSession = (session: UiSession, input: UiInput, now: Moment): UiStep => {
  const reacted = react(session, input);
  const drained = drainInbox(reacted.session, now);
  const expired = expire(drained.session, now);
  const effects = [...reacted.effects, ...drained.effects, ...expired.effects];
  if (isFull(expired.session) && !isFull(session)) effects.push({ type: "pause" });
  // Also of one that closes: the end of its closing handshake must be read.
  if (!isFull(expired.session) && isFull(session)) effects.push({ type: "resume" });
  return { session: expired.session, effects };
};

/** How long until the session must be looked at again although nothing happens. */
export const untilUiTickMs = (session: UiSession, now: Moment): number | undefined => {
  if (session.state === "closing" || session.state === "admitting") return undefined;
  if (session.state === "connected") return session.helloByMs - now.elapsedMs;
  const leftMs = session.user.expiresAt.getTime() - now.dateMs;
  const tokenMs = session.token === "valid" ? leftMs - RENEW_AHEAD_MS : leftMs;
  if (session.inbox.length === 0 || isBusy(session)) return tokenMs;
  return Math.min(tokenMs, allowanceWaitMs(session, now));
};
