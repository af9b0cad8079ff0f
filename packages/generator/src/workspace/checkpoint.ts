/**
 * A checkpoint: the workspace and the agent's session in one tar.gz, to go on from elsewhere.
 *
 * Inside: `workspace/…` (no node_modules, no build output, no links), `session.jsonl` and
 * `checkpoint.json`.
 */
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { FilePath } from "@leo/core/artifact.ts";
import { Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { listFiles, withinLimits } from "./files.ts";
import type { RunPaths } from "./paths.ts";
import { adoptSession, hasSession, sessionFile } from "./session.ts";

const About = z.object({
  version: z.literal(1),
  /** Absolute path of the workspace that the transcript speaks of. */
  workspace: z.string().startsWith("/"),
  /** Part of a path: nothing but an id. */
  sessionId: Id.optional(),
  /** The user has agreed to a plan; it is not asked for again. */
  planAccepted: z.boolean().optional(),
  /** Ids of the added requests that are answered; they are not asked again. */
  answered: z.array(z.string().max(100)).optional(),
  /** Fingerprint of the app as the run began with it: the next attempt knows by it whether anything was made. */
  base: z.string().max(100).optional(),
});
export type CheckpointState = Pick<z.infer<typeof About>, "sessionId" | "planAccepted" | "answered" | "base">;

const ABOUT = "checkpoint.json";
const SESSION = "session.jsonl";
/** Unpacked size that a restore accepts: the files of a version and a long transcript. */
const UNPACKED_MAX_BYTES = LIMITS.artifactMaxBytes * 2;

export interface PackedCheckpoint {
  /** The tar.gz, in memory: nothing is written, so that a full disk does not stop it. */
  content: Buffer;
  /** Set when the session is in it. */
  sessionId: string | undefined;
}

/** Loaded when it is needed: that is long after the start, and takes a good part of one. */
const loadTar = () => import("tar");

const entryOf = async (path: string, content: Buffer) => {
  const { Header, ReadEntry } = await loadTar();
  const entry = new ReadEntry(new Header({ path, type: "File", size: content.length, mode: 0o600 }));
  entry.end(content);
  return entry;
};

/** Packs a run's present state. */
export const packCheckpoint = async (paths: RunPaths, state: CheckpointState): Promise<PackedCheckpoint> => {
  const { files } = withinLimits(await listFiles(paths.workspace));
  // The harness writes no transcript before its first answer.
  const sessionId = (await hasSession(paths, state.sessionId)) ? state.sessionId : undefined;
  const about = { version: 1, workspace: paths.workspace, ...state, sessionId };
  const session = sessionId && sessionFile(paths, sessionId);
  const { Pack } = await loadTar();
  const archive = new Pack({
    gzip: { level: 3 },
    cwd: paths.root,
    portable: true,
    noDirRecurse: true,
    preservePaths: true,
    onWriteEntry: (entry) => {
      if (entry.path === session) entry.path = SESSION;
    },
  });
  // Reading the archive tells the first error; of files that vanish together there are more.
  archive.on("error", () => undefined);
  archive.add(await entryOf(ABOUT, Buffer.from(JSON.stringify(about))));
  if (session) archive.add(session);
  for (const { path } of files) archive.add(`workspace/${path}`);
  archive.end();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part);
  return { content: Buffer.concat(parts), sessionId };
};

const isWanted = (path: string) =>
  path === ABOUT || path === SESSION || (path.startsWith("workspace/") && FilePath.safeParse(path).success);

const limitSize = (maxBytes: number) => {
  let seenBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seenBytes += chunk.length;
      done(seenBytes > maxBytes ? new Error("the checkpoint is larger than a version may be") : null, chunk);
    },
  });
};

/**
 * Restores a checkpoint into an empty run.
 * @param url presigned, read once
 * @returns the state it was packed with; `sessionId` only if its transcript is there to resume
 * @throws when it cannot be read, is too large or is none of ours
 */
export const restoreCheckpoint = async (
  paths: RunPaths,
  url: string,
  signal: AbortSignal,
): Promise<CheckpointState> => {
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Error(`the previous version answered ${response.status}`);
  const { extract } = await loadTar();
  const staging = await mkdtemp(join(paths.root, "restore-"));
  let unpackedBytes = 0;
  await pipeline(
    Readable.from(response.body),
    limitSize(LIMITS.artifactMaxBytes),
    extract({
      cwd: staging,
      filter: (path, entry) => {
        unpackedBytes += entry.size ?? 0;
        const isFile = "type" in entry && entry.type === "File";
        return isFile && isWanted(path) && unpackedBytes <= UNPACKED_MAX_BYTES;
      },
    }),
    { signal },
  );
  const about = About.parse(JSON.parse(await readFile(join(staging, ABOUT), "utf8")));
  await moveWorkspace(staging, paths);
  const { sessionId, planAccepted, answered, base } = about;
  if (sessionId) {
    await adoptSession(paths, { file: join(staging, SESSION), sessionId, workspace: about.workspace });
  }
  await rm(staging, { recursive: true, force: true });
  return { sessionId, planAccepted, answered, base };
};

/** Renames the unpacked workspace into place; an empty one packs no entry at all. */
const moveWorkspace = async (staging: string, paths: RunPaths) => {
  await mkdir(join(staging, "workspace"), { recursive: true });
  await rm(paths.workspace, { recursive: true });
  await rename(join(staging, "workspace"), paths.workspace);
};
