/** Pushing: a version's files become a commit in the app's GitHub repository. */
import { z } from "zod";
import { Id } from "./id.ts";

/** `running` is held by one orchestrator's lease; `done` and `failed` are final. */
export const PublicationState = z.enum(["queued", "running", "done", "failed"]);
export type PublicationState = z.infer<typeof PublicationState>;

/** Why a version wasn't pushed. The version itself stays complete. */
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

/** A place in a version that looks like a secret. It never contains the secret itself. */
export const Finding = z.object({
  path: z.string(),
  line: z.int().min(1),
  /** What it looks like: "GitHub token". */
  kind: z.string(),
  /** True in the built files, which every visitor's browser downloads. */
  inBundle: z.boolean(),
});
export type Finding = z.infer<typeof Finding>;

/** What a scan found. `digest` identifies exactly these secrets: confirming it confirms no others. */
export const Findings = z.object({
  digest: z.string(),
  /** The first ones, by path and line. */
  findings: z.array(Finding),
  /** The total number. */
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
  /** With `conflict`: the branch's current commit, to push on top of. Absent if the branch is gone. */
  headSha: z.string().optional(),
});
export type PublicationFailure = z.infer<typeof PublicationFailure>;

/** One attempt to push a version, as the API shows it. */
export const Publication = z.object({
  id: Id,
  generationId: Id,
  state: PublicationState,
  /** Started automatically once the version was complete. */
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

/** How an app's versions are pushed. */
export const AppPublishing = z.object({
  /** Every new version is pushed automatically. */
  automatic: z.boolean(),
  /** Absent before the first push. */
  repository: z.object({ name: z.string(), url: z.string() }).optional(),
  /** The GitHub user who was invited to the repository. */
  invitedLogin: z.string().optional(),
  /** Why that did not work, as a sentence. */
  invitationFailure: z.string().optional(),
  /** The newest push of each version that has one. */
  publications: z.array(Publication),
});
export type AppPublishing = z.infer<typeof AppPublishing>;

export const ChangeAppPublishing = z.object({
  automatic: z.boolean().optional(),
  /** Null forgets the repository: the next version goes into a new one. Nothing on GitHub changes. */
  repository: z.null().optional(),
});
export type ChangeAppPublishing = z.infer<typeof ChangeAppPublishing>;

export const PublishVersion = z.object({
  /** Digest of the findings that the caller has reviewed and accepts. */
  confirm: z.string().max(100).optional(),
  /** Somebody else's commit that the caller has reviewed and builds on. */
  onTopOf: z
    .string()
    .regex(/^[0-9a-f]{40}$/, "That's not a commit.")
    .optional(),
});
export type PublishVersion = z.infer<typeof PublishVersion>;

/** A user's push settings, for all of their apps. */
export const GithubAccount = z.object({
  /** Null: nobody is invited. */
  login: GithubLogin.nullable(),
});
export type GithubAccount = z.infer<typeof GithubAccount>;
