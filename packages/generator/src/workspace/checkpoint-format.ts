/**
 * A checkpoint: the workspace and the agent's session in one tar.gz, to go on from elsewhere.
 *
 * Inside: `checkpoint.json`, `workspace/…` (no node_modules, no build output, no links) and `session.jsonl`.
 */
import { z } from "zod";
import { Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";

export const CheckpointAbout = z.object({
  version: z.literal(1),
  /** Absolute path of the workspace that the transcript speaks of. */
  workspace: z.string().startsWith("/"),
  /** Part of a path: nothing but an id. */
  sessionId: Id.optional(),
  /** The user has agreed to a plan; it is not asked for again. */
  planAccepted: z.boolean().optional(),
  /** Ids of the added requests that are answered; they are not asked again. */
  answered: z.array(z.string().max(100)).optional(),
  /** Fingerprint of the app as the run began with it: the next attempt knows by it whether anything was made. */
  base: z.string().max(100).optional(),
});
export type CheckpointState = Pick<
  z.infer<typeof CheckpointAbout>,
  "sessionId" | "planAccepted" | "answered" | "base"
>;

/** Names in the archive. */
export const ENTRY = { about: "checkpoint.json", session: "session.jsonl", workspace: "workspace/" } as const;

/** Unpacked size that a restore accepts: the files of a version and a long transcript. */
export const CHECKPOINT_UNPACKED_MAX_BYTES = LIMITS.artifactMaxBytes * 2;
