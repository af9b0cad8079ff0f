/**
 * The generator's socket, `/ws/generator`, authorised by `Authorization: Bearer <attempt token>`.
 *
 * Terms: a *message* is one fact numbered `n` from 1 per attempt; a *frame* is one WebSocket text
 * frame and may carry several messages; an *ack* names the highest `n` committed so far, so
 * everything up to it may leave the outbox.
 *
 * On every connection the generator first sends `ready`. The orchestrator answers `ack` with what
 * it already has, then `start_generation` if `ready.started` is false. `all_work_complete` is the
 * last message; the generator exits once it is acknowledged.
 *
 * A `user_message` may be sent more than once and counts once. The fact `user_message_taken` says that
 * the next turn answers it. The user can change what waits, so a message is sent only when a turn can
 * take it: before `progress turn_complete`, `progress uploading` and `plan_proposed` are acknowledged, the
 * oldest that was added before them is sent; after `progress uploading` the user can add none.
 */
import { z } from "zod";
import { GeneratorFact } from "../event.ts";
import { GenerationMode } from "../generation.ts";
import { Id } from "../id.ts";
import { PROTOCOL } from "./close-code.ts";

const number = { n: z.int32().min(1) };
export type NumberedMessage = z.infer<z.ZodObject<typeof number>> & GeneratorFact;
/** Each fact with its number. Not an intersection of both, which would parse and copy every message twice. */
export const NumberedMessage = z.discriminatedUnion(
  "type",
  GeneratorFact.options.map((option) => option.extend(number)) as unknown as typeof GeneratorFact.options,
) as z.ZodType as z.ZodType<NumberedMessage>;

export const FromGenerator = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    protocol: z.int(),
    /** True when this generator has its work already and only reconnects. */
    started: z.boolean(),
  }),
  z.object({ type: z.literal("messages"), messages: z.array(NumberedMessage).min(1).max(1_000) }),
]);
export type FromGenerator = z.infer<typeof FromGenerator>;

/** Everything a generator needs to know of its work. */
export const StartGeneration = z.object({
  type: z.literal("start_generation"),
  generationId: Id,
  appId: Id,
  appName: z.string(),
  attempt: z.int().min(1),
  prompt: z.string(),
  mode: GenerationMode,
  limits: z.object({
    deadlineAt: z.iso.datetime(),
    budgetUsd: z.number().positive(),
    maxTurns: z.int().positive(),
  }),
  artifact: z.object({ bucket: z.string(), prefix: z.string() }),
  /** What to continue from: the base version, or this generation's own last checkpoint. Presigned GET URLs. */
  previous: z
    .object({
      generationId: Id,
      kind: z.enum(["version", "checkpoint"]),
      checkpointUrl: z.url(),
      sessionId: z.string().optional(),
    })
    .optional(),
});
export type StartGeneration = z.infer<typeof StartGeneration>;

export const ToGenerator = z.discriminatedUnion("type", [
  StartGeneration,
  z.object({ type: z.literal("ack"), n: z.int().min(0) }),
  z.object({ type: z.literal("cancel") }),
  z.object({ type: z.literal("user_message"), messageId: z.string(), text: z.string() }),
]);
export type ToGenerator = z.infer<typeof ToGenerator>;

export const GENERATOR_PROTOCOL = PROTOCOL;
