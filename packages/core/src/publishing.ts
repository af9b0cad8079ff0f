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

/** A GitHub user name: letters, digits and single hyphens between them, at most 39. */
export const GithubLogin = z
  .string()
  .trim()
  .max(39, "A GitHub username has at most 39 characters.")
  .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/, "That's not a valid GitHub username.");

/** How an app is published. */
export const AppPublishing = z.object({
  /** Every new version is published by itself. */
  automatic: z.boolean(),
  /** Absent before the first version was published. */
  repository: z.object({ name: z.string(), url: z.string() }).optional(),
  /** The GitHub user who was invited to the repository. */
  invitedLogin: z.string().optional(),
  /** Why that did not work, as a sentence. */
  invitationFailure: z.string().optional(),
  /** The newest try of each version that was ever to be published. */
  publications: z.array(Publication),
});
export type AppPublishing = z.infer<typeof AppPublishing>;

export const ChangeAppPublishing = z.object({
  automatic: z.boolean().optional(),
  /** Null forgets the repository: the next version goes into a new one. Nothing on GitHub is changed. */
  repository: z.null().optional(),
});
export type ChangeAppPublishing = z.infer<typeof ChangeAppPublishing>;

export const PublishVersion = z.object({
  /** Digest of the findings that the caller has seen and accepts. */
  confirm: z.string().max(100).optional(),
  /** The commit of somebody else that the caller has seen and builds upon. */
  onTopOf: z
    .string()
    .regex(/^[0-9a-f]{40}$/, "That's not a commit.")
    .optional(),
});
export type PublishVersion = z.infer<typeof PublishVersion>;

/** A person's side of publishing, for all of their apps. */
export const GithubAccount = z.object({
  /** Null: nobody is invited. */
  login: GithubLogin.nullable(),
});
export type GithubAccount = z.infer<typeof GithubAccount>;
