/**
 * Puts a version on top of a repository's branch.
 *
 * History is never rewritten: a commit follows the one that Leo pushed last, or one that the owner has agreed
 * to. The push names the commit that it expects on the branch, so it can't overwrite anything in between.
 */
import { Readable } from "node:stream";
import { fastImport, IMPORTED_REF, type Commit } from "./commit.ts";
import { PassingFault, PushFault } from "./push-fault.ts";
import { GitError, type Git } from "./git.ts";
import type { Job } from "./push-queue.ts";
import type { Storage } from "../storage/storage.ts";

export interface Target {
  url: string;
  branch: string;
}

/** The branch's current commit; undefined if there is no such branch. */
const readHead = async (git: Git, { url, branch }: Target): Promise<string | undefined> => {
  const listed = await git(["ls-remote", url, `refs/heads/${branch}`]);
  return /^([0-9a-f]{40})\t/.exec(listed)?.[1];
};

type Plan =
  /** The branch already has this push's commit. */
  { type: "there"; commitSha: string } | { type: "build"; parent: string | undefined };

/** What to do, given the branch's position. @throws PushFault `conflict` */
export const planPush = (
  head: string | undefined,
  job: Pick<Job, "commitSha" | "headSha" | "headGenerationId" | "generationId" | "onTopOf">,
): Plan => {
  if (head !== undefined && head === job.commitSha) return { type: "there", commitSha: head };
  if (head === (job.headSha ?? undefined)) {
    const isThere = head !== undefined && job.headGenerationId === job.generationId;
    return isThere ? { type: "there", commitSha: head } : { type: "build", parent: head };
  }
  if (head !== undefined && head === job.onTopOf) return { type: "build", parent: head };
  throw new PushFault("conflict", {
    detail: head
      ? `The branch is at ${head}; Leo left it at ${job.headSha ?? "nothing"}.`
      : `The branch is gone; Leo left it at ${job.headSha}.`,
    ...(head ? { headSha: head } : {}),
  });
};

/** git's messages for it, in locale C. */
const translate = (cause: GitError): Error => {
  const said = cause.stderr;
  if (/Authentication failed|could not read (?:Username|Password)|error: 40[13]\b/i.test(said)) {
    return new PushFault("token_refused", { detail: said });
  }
  if (/repository .* not found|error: 404\b/i.test(said)) {
    return new PushFault("repository_gone", { detail: said });
  }
  if (/\[remote rejected\]/.test(said)) return new PushFault("refused", { detail: said });
  // The branch moved, or the network failed; the next try finds out.
  return new PassingFault(cause.message);
};

const build = async (git: Git, storage: Storage, commit: Commit): Promise<string> => {
  let broken: unknown;
  const stream = async function* () {
    try {
      yield* fastImport(storage, commit);
    } catch (cause) {
      broken = cause;
      throw cause;
    }
  };
  try {
    await git(["fast-import", "--quiet", "--done"], Readable.from(stream(), { objectMode: false }));
  } catch (cause) {
    throw broken ?? cause;
  }
  return (await git(["rev-parse", IMPORTED_REF])).trim();
};

export interface PushParts {
  git: Git;
  storage: Storage;
  target: Target;
  job: Job;
  commit: Omit<Commit, "parent">;
  /** Called with the commit before it's pushed. @returns false to stop */
  onCommit: (sha: string) => Promise<boolean>;
}

/**
 * Creates the commit and pushes it, unless the branch already has it.
 * @returns the commit; undefined if `onCommit` returned false
 * @throws PushFault `conflict`, `token_refused`, `repository_gone`, `refused`, `files_gone`; PassingFault
 */
export const pushCommit = async (parts: PushParts): Promise<string | undefined> => {
  const { git, storage, target, job, commit, onCommit } = parts;
  const { url, branch } = target;
  try {
    await git(["init", "--bare", "--quiet", "."]);
    const plan = planPush(await readHead(git, target), job);
    if (plan.type === "there") return plan.commitSha;
    const { parent } = plan;
    if (parent) {
      await git(["fetch", "--quiet", "--depth=1", "--no-tags", url, `refs/heads/${branch}`]);
      if ((await git(["rev-parse", "FETCH_HEAD"])).trim() !== parent) {
        throw new PassingFault("the branch moved while it was read");
      }
    }
    const sha = await build(git, storage, { ...commit, parent });
    if (!(await onCommit(sha))) return undefined;
    const expected = `--force-with-lease=refs/heads/${branch}:${parent ?? ""}`;
    await git(["push", "--porcelain", expected, url, `${sha}:refs/heads/${branch}`]);
    return sha;
  } catch (cause) {
    throw cause instanceof GitError ? translate(cause) : cause;
  }
};
