/** A checkpoint, read where it is not trusted: a generator packed it, and the agent may have had a hand in it. */
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { z } from "zod";
import { FilePath, isEnvironmentFile } from "@leo/core/artifact.ts";
import { Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { PathNames } from "@leo/core/path-names.ts";

const ABOUT = "checkpoint.json";
const ABOUT_MAX_BYTES = 1024 * 1024;
const WORKSPACE = "workspace/";
/** Unpacked: the files of a version and a long transcript. */
const UNPACKED_MAX_BYTES = LIMITS.artifactMaxBytes * 2;
/** Entries of any kind, so that empty ones have a bound too. */
const ENTRIES_MAX = LIMITS.artifactMaxFiles + 1_000;

const About = z.object({ sessionId: Id.optional() });

/** The archive is not one that a generator packs, or is larger than one may be. */
export class CheckpointError extends Error {
  override name = "CheckpointError";
}

export interface UnpackedCheckpoint {
  /** The agent's session, when its transcript is in the archive. */
  sessionId: string | undefined;
}

/** gzip and zstd, by the bytes that they begin with: tar's parser would unpack them once more, without a limit. */
const PACKED = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])];
const MAGIC_BYTES = 4;

/**
 * Lets an unpacked archive through up to its end mark: of what follows, tar's parser would keep everything.
 * @param isOver whether the end mark has been seen
 */
const limited = (isOver: () => boolean) => {
  let seenBytes = 0;
  let start: Buffer | undefined = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seenBytes += chunk.length;
      if (seenBytes > UNPACKED_MAX_BYTES)
        return done(new CheckpointError(`it unpacks to more than ${UNPACKED_MAX_BYTES} bytes`));
      if (isOver()) return done();
      if (start === undefined) return done(null, chunk);
      start = Buffer.concat([start, chunk]);
      if (start.length < MAGIC_BYTES) return done();
      const first = start;
      start = undefined;
      if (PACKED.some((magic) => first.subarray(0, magic.length).equals(magic)))
        return done(new CheckpointError("it is packed twice"));
      done(null, first);
    },
  });
};

const contentOf = async (entry: ReadEntry): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of entry) parts.push(part);
  return Buffer.concat(parts);
};

/** The workspace file that an entry holds, if a version may hold it: no link, no device, no odd path, no secret. */
const fileOf = ({ type, path, size }: ReadEntry): string | undefined => {
  if (type !== "File" || size > LIMITS.fileMaxBytes || !path.startsWith(WORKSPACE)) return undefined;
  const file = path.slice(WORKSPACE.length);
  return FilePath.safeParse(file).success && !isEnvironmentFile(file) ? file : undefined;
};

/** @throws CheckpointError when it is not JSON */
const parseAbout = (text: string): z.infer<typeof About> => {
  try {
    return About.parse(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(`${ABOUT} cannot be read`, { cause });
  }
};

/**
 * Reads a checkpoint to its end, one file at a time in memory.
 * @param onFile gets each file of the workspace once, in the archive's order; the next waits for it
 * @throws CheckpointError when the archive is damaged or passes a limit
 */
export const unpackCheckpoint = async (
  body: ReadableStream<Uint8Array>,
  onFile: (path: string, content: Buffer) => Promise<void>,
): Promise<UnpackedCheckpoint> => {
  const names = new PathNames();
  let entries = 0;
  let about: z.infer<typeof About> = {};

  const take = async (entry: ReadEntry): Promise<void> => {
    entries += 1;
    if (entries > ENTRIES_MAX) throw new CheckpointError(`it has more than ${ENTRIES_MAX} entries`);
    if (entry.path === ABOUT && entry.type === "File" && entry.size <= ABOUT_MAX_BYTES) {
      about = parseAbout((await contentOf(entry)).toString("utf8"));
      return;
    }
    const path = fileOf(entry);
    if (path === undefined || !names.add(path)) {
      entry.resume();
      return;
    }
    await onFile(path, await contentOf(entry));
  };

  const stop = new AbortController();
  let taking: Promise<void> = Promise.resolve();
  let isOver = false;
  const parser = new Parser({
    strict: true,
    brotli: false,
    onReadEntry: (entry) => {
      // One after another: an entry that nobody reads yet holds up the ones behind it.
      taking = taking.then(() => take(entry));
      taking.catch((error: unknown) => stop.abort(error));
    },
  });
  parser.on("eof", () => {
    isOver = true;
  });
  try {
    await pipeline(
      Readable.fromWeb(body),
      createGunzip(),
      limited(() => isOver),
      parser,
      { signal: stop.signal },
    );
    await taking;
    return { sessionId: about.sessionId };
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : asCheckpointError(error);
  }
};

/** zlib and tar name what is wrong with an archive by a code; anything else is the storage's error. */
const asCheckpointError = (error: unknown): unknown => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!/^(?:Z_|TAR_)/.test(code)) return error;
  return new CheckpointError("it is not a whole tar.gz archive", { cause: error });
};
