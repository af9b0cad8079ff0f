/** Publishing: a version's files as a commit in the app's repository on GitHub. */
import { z } from "zod";
import { Id } from "./id.ts";

/** `running` is held by one orchestrator's lease; `done` and `failed` are final. */
export const PublicationState = z.enum(["queued", "running", "done", "failed"]);
export type PublicationState = z.infer<typeof PublicationState>;

/** Why a version was not published. The version itself stays complete. */
export const PublicationFailureCode = z.enum([
  "secrets_found",
  "not_configured",
  "token_refused",
  "repository_gone",
  "name_taken",
  "conflict",
  "refused",
  "files_gone",
  "unreachable",
  "internal",
]);
export type PublicationFailureCode = z.infer<typeof PublicationFailureCode>;

/** A place in a version that looks like a secret. The secret itself is never part of it. */
export const Finding = z.object({
  path: z.string(),
  line: z.int().min(1),
  /** What it looks like, in words: "GitHub token". */
  kind: z.string(),
  /** True in the built files, which every visitor's browser downloads. */
  inBundle: z.boolean(),
});
export type Finding = z.infer<typeof Finding>;

/** What a scan found. `digest` names exactly these secrets: confirming it confirms no others. */
export const Findings = z.object({
  digest: z.string(),
  /** The first ones, in order of path and line. */
  findings: z.array(Finding),
  /** How many there are in all. */
  count: z.int().min(1),
});
export type Findings = z.infer<typeof Findings>;

export const PublicationFailure = z.object({
  code: PublicationFailureCode,
  /** What happened and what to do, for the app's owner. */
  message: z.string().max(2_000),
  /** What GitHub or git said, scrubbed. */
  detail: z.string().max(4_000).optional(),
  /** With `secrets_found`. */
  secrets: Findings.optional(),
  /** With `conflict`: the commit that the branch is at, to publish on top of. Absent when the branch is gone. */
  headSha: z.string().optional(),
});
export type PublicationFailure = z.infer<typeof PublicationFailure>;

/** One try to publish a version, as the API shows it. */
export const Publication = z.object({
  id: Id,
  generationId: Id,
  state: PublicationState,
  /** Started by itself after the version was complete. */
  automatic: z.boolean(),
  failure: PublicationFailure.optional(),
  commitSha: z.string().optional(),
  /** The commit's page. */
  commitUrl: z.string().optional(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
});
export type Publication = z.infer<typeof Publication>;
