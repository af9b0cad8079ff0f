/**
 * The generator's socket, `/ws/generator`, authorized by `Authorization: Bearer <attempt token>`.
 *
 * Terms: a *message* is one fact numbered `n` from 1 per attempt; a *frame* is one WebSocket text
 * frame and may carry several messages; an *ack* names the highest `n` committed so far, so
 * everything up to it may leave the outbox.
 *
 * On every connection the generator first sends `ready`. The orchestrator replies with `ack` for
 * what it already has, then `start_generation` if `ready.started` is false. `all_work_complete` is the
 * last message; the generator exits once it is acknowledged.
 *
 * A `user_message` may be sent more than once but counts once. The fact `user_message_taken` says that the
 * next turn answers it. Users can change waiting messages, so one is sent only when a turn can take it: before
 * `progress turn_complete`, `progress uploading` and `plan_proposed` are acknowledged, the oldest one added
 * earlier is sent. After `progress uploading` users can't add any.
 */
import { z } from "zod";
import { GeneratorFact } from "../event.ts";

export { GENERATOR_PROTOCOL, StartGeneration, ToGenerator } from "./to-generator.ts";

const number = { n: z.int32().min(1) };
export type NumberedMessage = z.infer<z.ZodObject<typeof number>> & GeneratorFact;
/** Each fact with its number. Not an intersection, which would parse and copy every message twice. */
export const NumberedMessage = z.discriminatedUnion(
  "type",
  GeneratorFact.options.map((option) => option.extend(number)) as unknown as typeof GeneratorFact.options,
) as z.ZodType as z.ZodType<NumberedMessage>;

export const FromGenerator = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    protocol: z.int(),
    /** True if this generator already has its work and is reconnecting. */
    started: z.boolean(),
  }),
  z.object({ type: z.literal("messages"), messages: z.array(NumberedMessage).min(1).max(1_000) }),
]);
export type FromGenerator = z.infer<typeof FromGenerator>;
