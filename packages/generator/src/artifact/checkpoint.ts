/**
 * The driver's part in a checkpoint: it says what was agreed and answered, and lets no entry in that it has
 * not checked. The files and the transcript are the sandbox's.
 */
import { Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadEntry } from "tar";
import { LIMITS } from "@leo/core/limits.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import {
  CHECKPOINT_UNPACKED_MAX_BYTES,
  CheckpointAbout,
  ENTRY,
  type CheckpointState,
} from "../workspace/checkpoint-format.ts";
import { ArchiveError, readArchive, type ArchiveLimits } from "./sandbox-archive.ts";

/** Loaded when it is needed: that is long after the start, and takes a good part of one. */
export const loadTar = () => import("tar");

const ABOUT_MAX_BYTES = 64 * 1024;

const LIMITS_OF_STATE: ArchiveLimits = {
  maxFiles: LIMITS.artifactMaxFiles + 1,
  maxBytes: CHECKPOINT_UNPACKED_MAX_BYTES,
  // The transcript of a long session may be larger than any file of the app.
  maxFileBytes: (path) => (path === ENTRY.session ? LIMITS.artifactMaxBytes : LIMITS.fileMaxBytes),
};

export interface PackedCheckpoint {
  /** The tar.gz, in memory: nothing is written, so that a full disk does not stop it. */
  content: Buffer;
  /** Set when the session is in it. */
  sessionId: string | undefined;
}

const entryOf = async (path: string, content: Buffer) => {
  const { Header, ReadEntry: Entry } = await loadTar();
  const entry = new Entry(new Header({ path, type: "File", size: content.length, mode: 0o600 }));
  entry.end(content);
  return entry;
};

const isExpected = (path: string, sessionId: string | undefined) =>
  path.startsWith(ENTRY.workspace) || (path === ENTRY.session && sessionId !== undefined);

/**
 * Packs a run's present state.
 * @throws ArchiveError when the sandbox sends what may not be in it
 */
export const packCheckpoint = async (sandbox: Sandbox, state: CheckpointState): Promise<PackedCheckpoint> => {
  const { sessionId: asked } = state;
  const { found } = asked
    ? await sandbox.call({ operation: "has_session", sessionId: asked })
    : { found: false };
  const sessionId = found ? asked : undefined;
  const { Pack } = await loadTar();
  const archive = new Pack({ gzip: { level: 3 }, portable: true, preservePaths: true });
  const about = { version: 1, workspace: sandbox.paths.workspace, ...state, sessionId };
  archive.add(await entryOf(ENTRY.about, Buffer.from(JSON.stringify(about))));
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  archive.on("data", (part: Buffer) => {
    parts.push(part);
    sizeBytes += part.length;
  });
  const packed = new Promise<void>((resolve, reject) => {
    archive.once("end", resolve);
    archive.once("error", reject);
  });
  packed.catch(() => undefined);
  let hasSession = false;
  await exported(
    sandbox,
    { operation: "export", what: "checkpoint", sessionId },
    LIMITS_OF_STATE,
    (entry) => {
      if (!isExpected(entry.path, sessionId))
        throw new ArchiveError(`${JSON.stringify(entry.path)} is no part`);
      hasSession ||= entry.path === ENTRY.session;
      const read = new Promise<void>((resolve, reject) => {
        entry.once("end", resolve);
        entry.once("error", reject);
      });
      archive.add(entry);
      return read;
    },
  );
  if (sessionId && !hasSession) throw new ArchiveError("the session that was found is not there");
  archive.end();
  await packed;
  if (sizeBytes > LIMITS.artifactMaxBytes)
    throw new ArchiveError("the checkpoint is larger than a version may be");
  return { content: Buffer.concat(parts), sessionId };
};

/** Reads an archive that the sandbox is asked for. @returns what it says of the files that it left out */
export const exported = async (
  sandbox: Pick<Sandbox, "call">,
  request: { operation: "export"; what: "version" | "checkpoint"; sessionId?: string | undefined },
  limits: ArchiveLimits,
  onEntry: (entry: ReadEntry) => Promise<void>,
) => {
  let reading: Promise<void> | undefined;
  const giveUp = new AbortController();
  const asked = sandbox.call(request, {
    signal: giveUp.signal,
    output: (stream) => {
      reading = readArchive(stream, limits, onEntry);
      // Nobody reads the rest, and the sandbox would wait for somebody who does.
      reading.catch((error: unknown) => giveUp.abort(error));
    },
  });
  const [result] = await Promise.all([asked, reading]);
  return result;
};

/** Passes a checkpoint on, and takes the driver's own part out of it. */
class StateReader {
  state: CheckpointState | undefined;
  readonly #parser;
  #seenBytes = 0;

  private constructor(parser: InstanceType<Awaited<ReturnType<typeof loadTar>>["Parser"]>) {
    this.#parser = parser;
    parser.on("entry", (entry: ReadEntry) => {
      if (entry.path !== ENTRY.about || entry.size > ABOUT_MAX_BYTES || this.state) return entry.resume();
      let text = "";
      entry.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
      entry.on("end", () => {
        const { sessionId, planAccepted, answered, base } = CheckpointAbout.parse(JSON.parse(text));
        this.state = { sessionId, planAccepted, answered, base };
      });
      return undefined;
    });
  }

  static async create(): Promise<StateReader> {
    const { Parser } = await loadTar();
    return new StateReader(new Parser());
  }

  through(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#seenBytes += chunk.length;
        if (this.#seenBytes > LIMITS.artifactMaxBytes)
          return done(new Error("the checkpoint is larger than a version may be"));
        // It is the first entry: the rest is for the sandbox alone.
        if (!this.state) this.#parser.write(chunk);
        return done(null, chunk);
      },
    });
  }
}

/**
 * Restores a checkpoint into the sandbox, in place of the starter.
 * @param url presigned, read once
 * @returns the state it was packed with; `sessionId` only if its transcript is there to resume
 * @throws when it cannot be read, is too large or is none of ours: to go on from the starter would lose the
 *   user's app
 */
export const restoreCheckpoint = async (
  sandbox: Sandbox,
  url: string,
  signal: AbortSignal,
): Promise<CheckpointState> => {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`the previous version answered ${response.status}`);
  const reader = await StateReader.create();
  const body = Readable.from(response.body);
  let sending: Promise<void> | undefined;
  const asked = sandbox.call(
    { operation: "import" },
    {
      signal,
      input: (stream: Writable) => {
        sending = pipeline(body, reader.through(), stream, { signal });
        sending.catch(() => undefined);
      },
    },
  );
  await Promise.all([sending, asked]);
  if (!reader.state) throw new Error("the checkpoint does not say what it is");
  return reader.state;
};
