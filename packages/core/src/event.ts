import { z } from "zod";
import { Check } from "./artifact.ts";
import { Failure } from "./failure.ts";
import { EventState } from "./generation.ts";
import { Id } from "./id.ts";
import { LIMITS } from "./limits.ts";
import { PushFailureCode } from "./github.ts";
import { Waiting } from "./waiting.ts";

/** More than any run can spend; a higher value is a generator fault. */
const USAGE_MAX_USD = 100_000;

const text = z.string().max(LIMITS.eventTextMaxChars);

/** Facts that a generator reports. Each becomes one event, unchanged. */
export const GeneratorFact = z.discriminatedUnion("type", [
  z.object({ type: z.literal("log"), level: z.enum(["debug", "info", "warn", "error"]), text }),
  /**
   * A piece of the agent's text. Pieces with the same `blockId` are joined; `done` closes the block.
   * `brokenOff`: the model's response ended early, so the block doesn't count.
   */
  z.object({
    type: z.literal("agent_text"),
    blockId: z.string().max(100),
    text,
    done: z.boolean(),
    brokenOff: z.boolean().optional(),
  }),
  /** A tool the agent used: first `running`, then the outcome under the same `toolUseId`. */
  z.object({
    type: z.literal("agent_tool"),
    toolUseId: z.string().max(200),
    name: z.string().max(100),
    /** The file, command or pattern the tool worked on. */
    target: z.string().max(500).optional(),
    status: z.enum(["running", "succeeded", "failed"]),
    /** A few lines of the tool's output. */
    result: z.string().max(2_000).optional(),
  }),
  z.object({
    type: z.literal("file_changed"),
    path: z.string().max(500),
    change: z.enum(["created", "modified", "deleted"]),
    sizeBytes: z.int().min(0).optional(),
  }),
  /** The generator's current step, for people. `rate_limited` says when it continues. */
  z.object({
    type: z.literal("progress"),
    step: z.enum([
      "preparing",
      "planning",
      "agent",
      "verifying",
      "uploading",
      "rate_limited",
      "turn_complete",
    ]),
    text: text.optional(),
    retryAt: z.iso.datetime().optional(),
  }),
  /** A plan that waits for the user's reply (mode `plan_first`). */
  z.object({ type: z.literal("plan_proposed"), text }),
  /** The next turn answers this added request. */
  z.object({ type: z.literal("user_message_taken"), messageId: z.string().max(100) }),
  /** Running totals of this attempt, never deltas. */
  z.object({
    type: z.literal("usage"),
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
    cacheReadTokens: z.int().min(0),
    cacheWriteTokens: z.int().min(0),
    costUsd: z.number().min(0).max(USAGE_MAX_USD),
  }),
  z.object({
    type: z.literal("verified"),
    passed: z.boolean(),
    round: z.int().min(1),
    checks: z.array(Check),
  }),
  z.object({
    type: z.literal("artifact_uploaded"),
    fileCount: z.int().min(0),
    sizeBytes: z.int().min(0),
    durationMs: z.number().min(0),
  }),
  /** The run can't finish; `all_work_complete` follows with the work so far. */
  z.object({ type: z.literal("error"), failure: Failure }),
  /** The last message of an attempt. `failure` is absent if the version or the answer is complete. */
  z.object({
    type: z.literal("all_work_complete"),
    failure: Failure.optional(),
    /** The run changed no file and ended with an answer. This is for display; the manifest decides. */
    answered: z.boolean().optional(),
    /** When the run can continue, according to the model's API. */
    retryAt: z.iso.datetime().optional(),
  }),
]);
export type GeneratorFact = z.infer<typeof GeneratorFact>;

const pushEnd = {
  state: z.enum(["done", "failed"]),
  /** `owner/name`, once there is one. */
  repository: z.string().optional(),
  commitUrl: z.string().optional(),
  failure: z.object({ code: PushFailureCode, message: z.string().max(2_000) }).optional(),
};

/** Facts that the orchestrator states about a generation. */
export const LifecycleFact = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("state_changed"),
    state: EventState,
    attempt: z.int(),
    failure: Failure.optional(),
    /** Why it is back in the queue, and until when. */
    waiting: Waiting.optional(),
  }),
  /** Progress between `starting` and `running`. */
  z.object({
    type: z.literal("attempt_progress"),
    attempt: z.int(),
    step: z.enum(["launching", "task_accepted", "task_running", "connected", "ended", "stopping"]),
    text: z.string().max(2_000).optional(),
  }),
  /** The version is a copy of another one's files; nothing ran for it. */
  z.object({
    type: z.literal("version_copied"),
    fromGenerationId: Id,
    /** Number of that version in its app. */
    fromVersion: z.int().min(1),
    /** Name of the app that it came from, when that is another one. */
    fromApp: z.string().optional(),
  }),
  /** An incomplete run's last stored work is now its draft. Follows the run's end. */
  z.object({ type: z.literal("draft_saved"), fileCount: z.int().min(0) }),
  /** A request that the user added while the agent works. */
  z.object({ type: z.literal("user_message"), messageId: z.string(), text }),
  /** An added request was changed or withdrawn while it waited. */
  z.object({ type: z.literal("user_message_changed"), messageId: z.string(), text }),
  z.object({ type: z.literal("user_message_removed"), messageId: z.string() }),
  /** An added request that no turn answered before the run ended. */
  z.object({ type: z.literal("user_message_returned"), messageId: z.string() }),
  /** How a push of the version to GitHub ended. Comes after `completed`, once for each push. */
  z.object({ type: z.literal("push"), ...pushEnd }),
  /** A push, as events say it that were stored until November 2026. */
  z.object({ type: z.literal("publication"), ...pushEnd }),
]);
export type LifecycleFact = z.infer<typeof LifecycleFact>;

/** Steps after which a generator takes the user's next added request, if there is one. */
export const TAKING_STEPS = ["turn_complete", "uploading"] as const;

/**
 * Facts that a generator waits to have acknowledged. A request added before the fact was committed still
 * changes what comes next, so the orchestrator delivers it before it acknowledges.
 */
export const settlesMessages = (fact: GeneratorFact) =>
  fact.type === "plan_proposed" ||
  (fact.type === "progress" && (TAKING_STEPS as readonly string[]).includes(fact.step));

/** Fields that every event has: its number in the generation and when it was committed. */
const stamped = { seq: z.int().min(1), at: z.iso.datetime() };

/** One fact about a generation, as replay and `/ws/ui` carry it. `seq` runs from 1 without gaps. */
export const Event = z.intersection(z.object(stamped), z.union([GeneratorFact, LifecycleFact]));
export type Event = z.infer<typeof Event>;
export type Fact = GeneratorFact | LifecycleFact;

/** Events that show the stall timeout that the agent is working. */
export const isAgentActivity = (fact: { type: string }) =>
  ["agent_text", "agent_tool", "file_changed", "progress", "usage", "verified", "artifact_uploaded"].includes(
    fact.type,
  );
