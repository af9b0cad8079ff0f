/**
 * Reads an archive from the sandbox, which may be hostile. Each entry has to be a plain file with a path and a size
 * that a version may hold; otherwise the whole archive is rejected.
 */
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { ReadEntry } from "tar";
import { FilePath } from "@leo/core/artifact.ts";
import { SandboxFault } from "../sandbox/fault.ts";

/** The sandbox sent an archive that an honest one wouldn't. */
export class ArchiveError extends SandboxFault {
  override name = "ArchiveError";
}

export interface ArchiveLimits {
  maxFiles: number;
  maxFileBytes: (path: string) => number;
  maxBytes: number;
}

/** For names and their PAX headers; Leo has no longer ones. */
const META_MAX_BYTES = 8 * 1024;
/** A path of 32 parts names 31 folders, and each would be remembered. */
const FOLDERS_PER_FILE = 4;
/** Overhead per entry: its header, that of a long name, and padding. */
const ENTRY_MAX_BYTES = 4 * 1024;
const PLAIN = new Set(["File", "OldFile"]);

/** Checks the entries of one archive against each other and the limits. */
class Entries {
  readonly #limits: ArchiveLimits;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  #sizeBytes = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  /** @throws ArchiveError with a sentence that says what isn't allowed */
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
 * @param onEntry has to read its entry to the end; the next one comes after that
 * @throws ArchiveError if something in it isn't allowed
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

/** Lets only an uncompressed tar through: the parser would unpack a compressed one, and a small one can hold a lot. */
class FormatGuard {
  /** True for an archive without files, which the parser doesn't accept. */
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
