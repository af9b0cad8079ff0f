/**
 * A checkpoint: the workspace and the agent's session in one tar.gz, to continue elsewhere.
 *
 * Inside: `checkpoint.json`, `workspace/…` (no node_modules, no build output, no links) and `session.jsonl`.
 */
import { z } from "zod";
import { Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";

export const CheckpointAbout = z.object({
  version: z.literal(1),
  /** Absolute path of the workspace in the transcript. */
  workspace: z.string().startsWith("/"),
  /** Becomes part of a path, so it has to be an id. */
  sessionId: Id.optional(),
  /** The user has accepted a plan, so it isn't proposed again. */
  planAccepted: z.boolean().optional(),
  /** Ids of the added requests that have been answered. */
  answered: z.array(z.string().max(100)).optional(),
  /** Fingerprint of the app at the start of the run, so that the next attempt can tell whether anything changed. */
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
