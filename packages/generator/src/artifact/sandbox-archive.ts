/**
 * Reads an archive that the sandbox sent. Whoever wrote it may be hostile, so nothing is believed: each entry
 * is a plain file with a path and a size that a version may hold, or the archive is rejected as a whole.
 */
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { ReadEntry } from "tar";
import { FilePath } from "@leo/core/artifact.ts";
import { SandboxFault } from "../sandbox/fault.ts";

/** The sandbox sent an archive that an honest one would not. */
export class ArchiveError extends SandboxFault {
  override name = "ArchiveError";
}

export interface ArchiveLimits {
  maxFiles: number;
  /** One file, and all of them. */
  maxFileBytes: (path: string) => number;
  maxBytes: number;
}

/** Plain names and their PAX headers; anything longer is no name of ours. */
const META_MAX_BYTES = 8 * 1024;
/** A path of 32 parts names 31 folders, each of which would be kept. */
const FOLDERS_PER_FILE = 4;
/** Of an archive's bytes, for each entry: its header, that of a long name, and what fills them up. */
const ENTRY_MAX_BYTES = 4 * 1024;
const PLAIN = new Set(["File", "OldFile"]);

/** Keeps the books of one archive's entries. */
class Entries {
  readonly #limits: ArchiveLimits;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  #sizeBytes = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  /** @throws ArchiveError for what may not be in an archive, in a sentence */
  check({ path, type, size }: Pick<ReadEntry, "path" | "type" | "size">): void {
    const { maxFiles, maxBytes, maxFileBytes } = this.#limits;
    const name = JSON.stringify(path.slice(0, 100));
    if (!PLAIN.has(type)) throw new ArchiveError(`${name} is a ${type}; only files are accepted`);
    if (!FilePath.safeParse(path).success) throw new ArchiveError(`the name ${name} is not allowed`);
    if (this.#files.has(path)) throw new ArchiveError(`${name} is there twice`);
    const folders = path.split("/").map((_, index, parts) => parts.slice(0, index).join("/"));
    if (this.#folders.has(path) || folders.some((folder) => this.#files.has(folder)))
      throw new ArchiveError(`${name} is a file and a folder`);
    if (!Number.isSafeInteger(size) || size < 0 || size > maxFileBytes(path))
      throw new ArchiveError(`${name} has ${size} bytes, ${maxFileBytes(path)} are allowed`);
    this.#sizeBytes += size;
    if (this.#sizeBytes > maxBytes) throw new ArchiveError(`more than ${maxBytes} bytes`);
    this.#files.add(path);
    if (this.#files.size > maxFiles) throw new ArchiveError(`more than ${maxFiles} files`);
    for (const folder of folders) if (folder) this.#folders.add(folder);
    if (this.#folders.size > FOLDERS_PER_FILE * maxFiles) throw new ArchiveError("too many folders");
  }
}

/**
 * Reads an archive to its end, one entry at a time.
 * @param onEntry takes an entry and reads it to its end; the next one waits until it has
 * @throws ArchiveError when something in it is not allowed
 */
export const readArchive = async (
  stream: Readable,
  limits: ArchiveLimits,
  onEntry: (entry: ReadEntry) => Promise<void>,
): Promise<void> => {
  const { Parser } = await import("tar");
  const entries = new Entries(limits);
  const parser = new Parser({ strict: true, maxMetaEntrySize: META_MAX_BYTES });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const fail = (error: unknown) => {
    failed.reject(error instanceof Error ? error : new ArchiveError(String(error)));
    stream.destroy();
  };
  let last = Promise.resolve();
  parser.on("ignoredEntry", ({ path, type }: ReadEntry) =>
    fail(new ArchiveError(`${JSON.stringify(path.slice(0, 100))} is a ${type}; only files are accepted`)),
  );
  parser.on("entry", (entry: ReadEntry) => {
    try {
      entries.check(entry);
      last = onEntry(entry);
      last.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
  const guard = new FormatGuard(limits);
  parser.on("error", (error: Error) => {
    if (!guard.isEmpty) fail(new ArchiveError(error.message, { cause: error }));
  });
  const ended = once(parser, "end");
  ended.catch(() => undefined);
  const read = async () => {
    for await (const chunk of guard.pass(stream)) if (!parser.write(chunk)) await once(parser, "drain");
    if (guard.isEmpty) return;
    parser.end();
    await ended;
    await last;
  };
  const reading = read();
  reading.catch(() => undefined);
  await Promise.race([failed.promise, reading]);
};

/** Lets a plain tar through: the parser would unpack a compressed one, of which a little is a lot. */
class FormatGuard {
  /** True for an archive of no files, which the parser takes for no archive. */
  isEmpty = false;
  readonly #maxBytes: number;

  constructor({ maxBytes, maxFiles }: ArchiveLimits) {
    this.#maxBytes = maxBytes + (maxFiles + 1) * ENTRY_MAX_BYTES;
  }

  async *pass(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let seenBytes = 0;
    for await (const chunk of chunks) {
      if (seenBytes === 0) this.isEmpty = chunk[0] === 0;
      if (seenBytes === 0 && !this.isEmpty && !/[a-z]/.test(String.fromCharCode(chunk[0] ?? 0)))
        throw new ArchiveError("the archive does not begin with a file");
      seenBytes += chunk.length;
      if (seenBytes > this.#maxBytes) throw new ArchiveError(`more than ${this.#maxBytes} bytes`);
      if (!this.isEmpty) yield chunk;
      else if (chunk.some((byte) => byte !== 0)) throw new ArchiveError("the archive begins with nothing");
    }
    if (seenBytes === 0) throw new ArchiveError("there is no archive");
  }
}
