/** A version as a commit, made without a work tree: `git fast-import` takes the files as a stream. */
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
  /** The commit it comes after; absent for the first. */
  parent: string | undefined;
  prefix: string;
  files: ArtifactFile[];
}

/**
 * The user's request as a commit message: its first line, cut, as the subject, and the whole of it
 * where that is not all. Control characters and token shapes are taken out.
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

/** What git keeps for itself. A version that has it would be refused as a whole. */
const isGitsOwn = (path: string) => path.split("/").some((part) => /^\.git$|^git~\d+$/i.test(part));

const quoted = (path: string) => `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/**
 * The commit in fast-import's language. The same input gives the same commit, whoever makes it.
 * @throws PushFault `files_gone` when a file is not in the bucket as the manifest has it
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
    // An empty piece would end a byte stream's turn.
    if (bytes.byteLength > 0) yield Buffer.from(bytes);
    yield Buffer.from("\n");
  }
  yield Buffer.from("done\n");
}
