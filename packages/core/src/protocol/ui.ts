/**
 * The browser's socket, `/ws/ui`.
 *
 * The first message is `hello` within 5 s. `subscribe` asks for every event with `seq > since`:
 * stored ones first, then live, in order, without gaps or repeats. Everything from one commit
 * arrives in one `events` frame.
 *
 * `follow_apps` asks for notices about the user's apps, whatever changes them: another tab or device, the
 * queue, the end of a run. A notice names apps, which the page then reads. Changes before `apps_followed`
 * cause no notice, so a page reads its apps again when that arrives.
 */
import { z } from "zod";
import { Event } from "../event.ts";
import { Id } from "../id.ts";

export const FromBrowser = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), protocol: z.int(), accessToken: z.string().min(1).max(16_384) }),
  z.object({ type: z.literal("subscribe"), generationId: Id, since: z.int32().min(0) }),
  z.object({ type: z.literal("unsubscribe"), generationId: Id }),
  z.object({ type: z.literal("follow_apps") }),
  /** Answered at once, to test a silent connection. */
  z.object({ type: z.literal("ping") }),
  /** A fresh access token for a socket that stays open. */
  z.object({ type: z.literal("renew"), accessToken: z.string().min(1).max(16_384) }),
]);
export type FromBrowser = z.infer<typeof FromBrowser>;

/** A notice names at most this many apps; beyond that it says `any`. */
export const NOTICE_APPS_MAX = 20;

export const ToBrowser = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), protocol: z.int(), userId: z.string() }),
  /** The subscription is active; `lastSeq` is the newest event stored when it was created. */
  z.object({ type: z.literal("subscribed"), generationId: Id, lastSeq: z.int() }),
  z.object({ type: z.literal("events"), generationId: Id, events: z.array(Event).min(1) }),
  z.object({ type: z.literal("unsubscribed"), generationId: Id }),
  z.object({ type: z.literal("apps_followed") }),
  /** These apps were created, changed or deleted; `any`: unknown which of the user's apps. */
  z.object({
    type: z.literal("apps_changed"),
    appIds: z.union([z.literal("any"), z.array(Id).min(1).max(NOTICE_APPS_MAX)]),
  }),
  z.object({ type: z.literal("pong") }),
  /** Send `renew` before this time or the socket closes with 4401. */
  z.object({ type: z.literal("token_expiring"), expiresAt: z.iso.datetime() }),
  /** A request that failed; the socket stays open. */
  z.object({
    type: z.literal("error"),
    code: z.enum(["not_found", "rate_limited"]),
    message: z.string(),
    generationId: Id.optional(),
  }),
]);
export type ToBrowser = z.infer<typeof ToBrowser>;
