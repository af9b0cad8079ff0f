import { z } from "zod";
import { isBlank } from "./blank.ts";
import { Failure } from "./failure.ts";
import { Id } from "./id.ts";
import { LIMITS } from "./limits.ts";
import { Waiting } from "./waiting.ts";

export const GenerationState = z.enum([
  "queued",
  "starting",
  "running",
  "finalizing",
  "completed",
  "answered",
  "failed",
  "cancelled",
]);
export type GenerationState = z.infer<typeof GenerationState>;

/** A state as a stored event has it. Until November 2026 `finalizing` was called `publishing`. */
export const EventState = z.enum([...GenerationState.options, "publishing"]);
export type EventState = z.infer<typeof EventState>;

/**
 * `completed` made a version. `answered` changed no file and ended with words, such as a question or an explanation;
 * the app's newest version is unchanged.
 */
export const FINAL_STATES = [
  "completed",
  "answered",
  "failed",
  "cancelled",
] as const satisfies GenerationState[];
export const isFinal = (state: GenerationState) => (FINAL_STATES as readonly string[]).includes(state);

/** `autonomous` builds at once; `plan_first` proposes a plan and waits for the user's reply. */
export const GenerationMode = z.enum(["autonomous", "plan_first"]);
export type GenerationMode = z.infer<typeof GenerationMode>;

/** `20,000`, without Intl: loading a locale would add 12 ms to every process's start. */
const inThousands = (value: number) => String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");

export const Prompt = z
  .string()
  .max(LIMITS.promptMaxChars, `The request is longer than ${inThousands(LIMITS.promptMaxChars)} characters.`)
  .refine((text) => text.trim().length > 0, "The request is empty. Say what to build.")
  .refine(
    (text) => text.trim() === "" || !isBlank(text),
    "The request has no visible characters. Say what to build.",
  )
  // Postgres cannot store it in text.
  .refine((text) => !text.includes("\0"), "The request contains a NUL character.");

export const AppName = z
  .string()
  .trim()
  .min(1, "The name is empty.")
  .max(LIMITS.appNameMaxChars, `The name is longer than ${LIMITS.appNameMaxChars} characters.`)
  .refine((name) => !/\p{Cc}/u.test(name), "The name contains control characters.")
  .refine((name) => name === "" || !isBlank(name), "The name has no visible characters.");

/** A generation as the API shows it. */
export const Generation = z.object({
  id: Id,
  appId: Id,
  prompt: z.string(),
  mode: GenerationMode,
  state: GenerationState,
  /** 0 while queued for the first time, then the number of the current attempt. */
  attempt: z.int(),
  /** Set once a cancel was requested; the state follows when the task has ended. */
  cancelRequestedAt: z.iso.datetime().optional(),
  /** 1 for the next to start; only while queued and not waiting for the model. */
  queuePosition: z.int().optional(),
  estimatedStartAt: z.iso.datetime().optional(),
  /** The model prevents it from starting; only while queued. */
  waiting: Waiting.optional(),
  baseGenerationId: Id.optional(),
  /** The version that this one copies; nothing ran for it. */
  copiedFromId: Id.optional(),
  /** The model's cost over all attempts. */
  costUsd: z.number(),
  /** What the user is charged; while it runs, what they would be charged if it ended now. Excludes Leo's own failures. */
  chargedUsd: z.number(),
  failure: Failure.optional(),
  previewUrl: z.string().optional(),
  /** The run didn't complete, but its files are kept: they can be read, and the next run can continue from them. */
  hasDraft: z.boolean().optional(),
  /** Requests added during the run that the agent handled, oldest first; long ones are truncated. */
  addedRequests: z.array(z.string()).optional(),
  /** The newest event's number; 0 before the first. */
  lastSeq: z.int(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime().optional(),
});
export type Generation = z.infer<typeof Generation>;

export const App = z.object({
  id: Id,
  name: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The newest generation, whatever its state. */
  latest: Generation.optional(),
  /** Preview of the newest completed version. */
  previewUrl: z.string().optional(),
  /** Path of that version's screenshot from the smoke test; reading it needs the access token. */
  screenshotUrl: z.string().optional(),
});
export type App = z.infer<typeof App>;
