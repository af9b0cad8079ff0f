/**
 * What the orchestrator sends on the generator's socket; `generator.ts` has the other half and the terms.
 * Separate, so that a starting generator builds only the schemas of what it receives.
 */
import { z } from "zod";
import { GenerationMode } from "../generation.ts";
import { Id } from "../id.ts";
import { PreviewConditions } from "../preview/conditions.ts";
import { PROTOCOL } from "./close-code.ts";

/** Everything a generator needs to know about its work. */
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
  /**
   * How people will see the app; the smoke test loads it the same way. Absent from orchestrators of an earlier
   * release, which may still start tasks while they're being replaced: then as that release's smoke test did.
   */
  preview: PreviewConditions.default({ ownOrigin: true, secureContext: true }),
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
