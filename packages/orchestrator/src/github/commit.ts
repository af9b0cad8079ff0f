/** Turns a version into a commit without a work tree: `git fast-import` reads the files as a stream. */
import { createHash } from "node:crypto";
import { sourceKey, type ArtifactFile } from "@leo/core/artifact.ts";
import { scrub } from "@leo/core/scrub.ts";
import { readBytes } from "../version/version.ts";
import type { Storage } from "../storage/storage.ts";
import { PushFault } from "./push-fault.ts";

export const IMPORTED_REF = "refs/heads/leo-import";
const SUBJECT_MAX_CHARS = 72;

export interface Commit {
  /** `Name <address>` */
  author: string;
  at: Date;
  message: string;
  /** The parent commit; absent for the first. */
  parent: string | undefined;
  prefix: string;
  files: ArtifactFile[];
}

/**
 * The user's request as a commit message: its first line, truncated, as the subject, then the full text if it's
 * longer. Control characters and token shapes are removed.
 */
export const commitMessage = (prompt: string, generationId: string): string => {
  const text = scrub(prompt)
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[^\P{Cc}\n\t]/gu, "")
    .trim();
  const [line = ""] = text.split("\n", 1);
  const subject =
    line.length > SUBJECT_MAX_CHARS ? `${line.slice(0, SUBJECT_MAX_CHARS - 1).toWellFormed()}…` : line;
  const body = subject === text ? "" : `\n\n${text}`;
  return `${subject || "A version"}${body}\n\nLeo-Generation: ${generationId}\n`;
};

/** Reserved for git. A version that contains it would be rejected entirely. */
const isGitsOwn = (path: string) => path.split("/").some((part) => /^\.git$|^git~\d+$/i.test(part));

const quoted = (path: string) => `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/**
 * The commit in fast-import's format. The same input always gives the same commit.
 * @throws PushFault `files_gone` if a file isn't in the bucket as the manifest lists it
 */
export async function* fastImport(storage: Storage, commit: Commit): AsyncGenerator<Buffer> {
  const { author, at, message, parent, prefix } = commit;
  const when = `${author} ${Math.floor(at.getTime() / 1_000)} +0000`;
  yield Buffer.from(`commit ${IMPORTED_REF}\nauthor ${when}\ncommitter ${when}\n`);
  yield Buffer.from(`data ${Buffer.byteLength(message)}\n${message}\n`);
  if (parent) yield Buffer.from(`from ${parent}\ndeleteall\n`);
  for (const { path, sha256 } of commit.files) {
    if (isGitsOwn(path)) continue;
    const bytes = await readBytes(storage, sourceKey(prefix, path));
    if (!bytes || createHash("sha256").update(bytes).digest("hex") !== sha256) {
      throw new PushFault("files_gone", { detail: `${path} is not in the bucket as it was stored` });
    }
    yield Buffer.from(`M 100644 inline ${quoted(path)}\ndata ${bytes.byteLength}\n`);
    // An empty chunk would end a byte stream's turn.
    if (bytes.byteLength > 0) yield Buffer.from(bytes);
    yield Buffer.from("\n");
  }
  yield Buffer.from("done\n");
}
