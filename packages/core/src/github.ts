/** A push: a version's files become a commit in the app's repository on GitHub. */
import { z } from "zod";
import { Id } from "./id.ts";

/** `running` is held by one orchestrator's lease; `done` and `failed` are final. */
export const PushState = z.enum(["queued", "running", "done", "failed"]);
export type PushState = z.infer<typeof PushState>;

/** Why a version was not pushed. The version itself stays complete. */
export const PushFailureCode = z.enum([
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
export type PushFailureCode = z.infer<typeof PushFailureCode>;

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

export const PushFailure = z.object({
  code: PushFailureCode,
  /** What happened and what to do, for the app's owner. */
  message: z.string().max(2_000),
  /** What GitHub or git said, scrubbed. */
  detail: z.string().max(4_000).optional(),
  /** With `secrets_found`. */
  secrets: Findings.optional(),
  /** With `conflict`: the commit that the branch is at, to push on top of. Absent when the branch is gone. */
  headSha: z.string().optional(),
});
export type PushFailure = z.infer<typeof PushFailure>;

/** One attempt to push a version, as the API shows it. */
export const Push = z.object({
  id: Id,
  generationId: Id,
  state: PushState,
  /** Nobody asked for it: the app pushes every new version. */
  automatic: z.boolean(),
  failure: PushFailure.optional(),
  commitSha: z.string().optional(),
  /** The commit's page. */
  commitUrl: z.string().optional(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
});
export type Push = z.infer<typeof Push>;

/** A GitHub user name: letters, digits and single hyphens between them, at most 39. */
export const GithubLogin = z
  .string()
  .trim()
  .max(39, "A GitHub username has at most 39 characters.")
  .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/, "That's not a valid GitHub username.");

/** An app's side of GitHub: its repository and what was pushed to it. */
export const AppGithub = z.object({
  /** Every new version is pushed without being asked. */
  automatic: z.boolean(),
  /** Absent before the first version was pushed. */
  repository: z.object({ name: z.string(), url: z.string() }).optional(),
  /** The GitHub user who was invited to the repository. */
  invitedLogin: z.string().optional(),
  /** Why that did not work, as a sentence. */
  invitationFailure: z.string().optional(),
  /** The newest push of each version. */
  pushes: z.array(Push),
});
export type AppGithub = z.infer<typeof AppGithub>;

export const ChangeAppGithub = z.object({
  automatic: z.boolean().optional(),
  /** Null forgets the repository: the next version goes into a new one. Nothing on GitHub changes. */
  repository: z.null().optional(),
});
export type ChangeAppGithub = z.infer<typeof ChangeAppGithub>;

export const PushVersion = z.object({
  /** Digest of the findings that the caller has seen and accepts. */
  confirm: z.string().max(100).optional(),
  /** Somebody else's commit that the caller has reviewed and builds on. */
  onTopOf: z
    .string()
    .regex(/^[0-9a-f]{40}$/, "That's not a commit.")
    .optional(),
});
export type PushVersion = z.infer<typeof PushVersion>;

/** The GitHub user who is invited to all repositories of a person's apps. */
export const GithubAccount = z.object({
  /** Null: nobody is invited. */
  login: GithubLogin.nullable(),
});
export type GithubAccount = z.infer<typeof GithubAccount>;
