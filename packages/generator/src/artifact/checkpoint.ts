/**
 * The driver's part in a checkpoint: it adds what was agreed and answered, and checks every entry. The files and
 * the transcript come from the sandbox.
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

/** Not loaded at the start, where it would take time from the agent. */
export const loadTar = () => import("tar");

const ABOUT_MAX_BYTES = 64 * 1024;

const LIMITS_OF_STATE: ArchiveLimits = {
  maxFiles: LIMITS.artifactMaxFiles + 1,
  maxBytes: CHECKPOINT_UNPACKED_MAX_BYTES,
  // The transcript of a long session may exceed the limit of the app's files.
  maxFileBytes: (path) => (path === ENTRY.session ? LIMITS.artifactMaxBytes : LIMITS.fileMaxBytes),
};

export interface PackedCheckpoint {
  /** A tar.gz, in memory so that a full disk can't stop it. */
  content: Buffer;
  /** Set if the session is in it. */
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
 * Packs a run's current state.
 * @throws ArchiveError if the sandbox sends something that doesn't belong in it
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

/** Requests an archive from the sandbox and reads it. @returns the files that the sandbox says it left out */
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
      // Nobody reads the rest, so the sandbox would wait forever.
      reading.catch((error: unknown) => giveUp.abort(error));
    },
  });
  const [result] = await Promise.all([asked, reading]);
  return result;
};

/** Passes a checkpoint through and reads the driver's own entry from it. */
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
        // The driver's entry comes first; the rest is only for the sandbox.
        if (!this.state) this.#parser.write(chunk);
        return done(null, chunk);
      },
    });
  }
}

/**
 * Restores a checkpoint into the sandbox, replacing the starter.
 * @param url presigned, read once
 * @returns the state it was packed with; `sessionId` only if the transcript is there to resume from
 * @throws if it can't be read, is too large or isn't a checkpoint: continuing from the starter would lose the
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
