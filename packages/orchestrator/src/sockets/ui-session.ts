/**
 * A browser's session on `/ws/ui`: its states, what happens to it, and what it has done about it. The steps between
 * them are in `ui-step.ts`.
 *
 *     connected → admitting → open → closing
 *
 * Messages are handled one after the other, so a `subscribe` waits for the `hello` before it. Those that wait are
 * the *inbox*; while it is full, the socket is not read. A closing session has ended its subscriptions, takes no
 * message and sends none.
 */
import { LIMITS } from "@leo/core/limits.ts";
import type { FromBrowser, ToBrowser } from "@leo/core/protocol/ui.ts";
import type { User } from "../auth/verifier.ts";
import type { Moment, Step } from "./session.ts";

export interface Queue {
  inbox: readonly FromBrowser[];
  /** When the allowance of messages is whole again, on the clock that nobody sets. */
  allowanceFullAtMs: number;
}

/** What an open session waits for before it takes the next message. */
type Doing =
  | { type: "nothing" }
  | { type: "renewing"; reply: "welcome" | "none" }
  | { type: "finding"; generationId: string; since: number };

export interface Connected extends Queue {
  state: "connected";
  helloByMs: number;
}
/** The token of its `hello` is being checked. */
interface Admitting extends Queue {
  state: "admitting";
}
export interface Open extends Queue {
  state: "open";
  user: User;
  /** `expiring`: the browser has been asked for a new one. */
  token: "valid" | "expiring";
  /** Ids of the generations that it follows. */
  subscriptions: ReadonlySet<string>;
  apps: "followed" | "ignored";
  doing: Doing;
}
interface Closing {
  state: "closing";
}
export type UiSession = Connected | Admitting | Open | Closing;

export type UiInput =
  | { type: "message"; message: FromBrowser }
  | { type: "malformed"; reason: string }
  /** The token that was to be checked is good, and for a `hello` the user may have this socket. */
  | { type: "verified"; user: User }
  | { type: "rejected"; code: number; reason: string }
  /** The generation's newest `seq`; undefined when this user has no such generation. */
  | { type: "found"; lastSeq: number | undefined }
  /** The database or Leo failed at what was asked. */
  | { type: "failed" }
  /** Leo closes the socket: it restarts, or the user is suspended, has signed out or has too many. */
  | { type: "dismissed"; code: number; reason: string }
  | { type: "tick" }
  | { type: "closed" };

export type UiEffect =
  | { type: "send"; message: ToBrowser }
  | { type: "close"; code: number; reason: string }
  | { type: "pause" }
  | { type: "resume" }
  /** Check the token and count the socket as its user's. */
  | { type: "admit"; accessToken: string }
  | { type: "verify"; accessToken: string }
  | { type: "find"; userId: string; generationId: string }
  | { type: "subscribe"; generationId: string; since: number; lastSeq: number }
  | { type: "unsubscribe"; generationId: string }
  | { type: "follow_apps"; userId: string }
  | { type: "unfollow_apps" };

export type UiStep = Step<UiSession, UiEffect>;

export const openUiSession = ({ elapsedMs }: Moment): UiStep => ({
  session: {
    state: "connected",
    helloByMs: elapsedMs + LIMITS.helloTimeoutMs,
    inbox: [],
    allowanceFullAtMs: 0,
  },
  effects: [],
});

export const stay = (session: UiSession): UiStep => ({ session, effects: [] });

export const send = (message: ToBrowser): UiEffect => ({ type: "send", message });

export const releases = (session: UiSession): UiEffect[] => {
  if (session.state !== "open") return [];
  const ends = Array.from(session.subscriptions, (generationId): UiEffect => ({
    type: "unsubscribe",
    generationId,
  }));
  return session.apps === "followed" ? [...ends, { type: "unfollow_apps" }] : ends;
};

export const close = (session: UiSession, code: number, reason: string): UiStep => ({
  session: { state: "closing" },
  effects: [...releases(session), { type: "close", code, reason }],
});
