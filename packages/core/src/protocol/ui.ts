/**
 * The browser's socket, `/ws/ui`.
 *
 * The first message is `hello` within 5 s. `subscribe` asks for every event with `seq > since`:
 * stored ones first, then live, in order, without gaps or repeats. What one commit made visible
 * arrives as one `events` frame.
 */
import { z } from "zod";
import { Event } from "../event.ts";
import { Id } from "../id.ts";

export const FromBrowser = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), protocol: z.int(), accessToken: z.string().min(1).max(16_384) }),
  z.object({ type: z.literal("subscribe"), generationId: Id, since: z.int32().min(0) }),
  z.object({ type: z.literal("unsubscribe"), generationId: Id }),
  /** A fresh access token for a socket that stays open. */
  z.object({ type: z.literal("renew"), accessToken: z.string().min(1).max(16_384) }),
]);
export type FromBrowser = z.infer<typeof FromBrowser>;

export const ToBrowser = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), protocol: z.int(), userId: z.string() }),
  /** The subscription stands; `lastSeq` is the newest event stored when it was made. */
  z.object({ type: z.literal("subscribed"), generationId: Id, lastSeq: z.int() }),
  z.object({ type: z.literal("events"), generationId: Id, events: z.array(Event).min(1) }),
  z.object({ type: z.literal("unsubscribed"), generationId: Id }),
  /** Send `renew` before this time or the socket closes with 4401. */
  z.object({ type: z.literal("token_expiring"), expiresAt: z.iso.datetime() }),
  /** A request that could not be carried out; the socket stays open. */
  z.object({
    type: z.literal("error"),
    code: z.enum(["not_found", "rate_limited"]),
    message: z.string(),
    generationId: Id.optional(),
  }),
]);
export type ToBrowser = z.infer<typeof ToBrowser>;
