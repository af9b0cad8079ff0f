/** Packs and unpacks the tars that leave and enter the sandbox. */
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FilePath } from "@leo/core/artifact.ts";
import { CHECKPOINT_UNPACKED_MAX_BYTES, CheckpointAbout, ENTRY } from "./checkpoint-format.ts";
import { listFiles, listOutput, totalBytes, withinLimits, type RejectedFile } from "./files.ts";
import type { RunPaths } from "../run-paths.ts";
import { adoptSession, hasSession, sessionFile } from "./session.ts";

/** Not loaded at the start, where it would take time from the agent. */
export const loadTar = () => import("tar");

interface Packed {
  archive: AsyncIterable<Buffer>;
  rejected: RejectedFile[];
}

/** @param names maps each path under the run's root to its name in the archive */
const pack = async (paths: RunPaths, names: ReadonlyMap<string, string>): Promise<AsyncIterable<Buffer>> => {
  const { Pack } = await loadTar();
  const archive = new Pack({
    cwd: paths.root,
    portable: true,
    noDirRecurse: true,
    preservePaths: true,
    onWriteEntry: (entry) => {
      entry.path = names.get(entry.path) ?? entry.path;
    },
  });
  // Reading the archive reports the first error. Files that vanish together cause more.
  archive.on("error", () => undefined);
  for (const path of names.keys()) archive.add(path);
  archive.end();
  return archive;
};

const packVersion = async (paths: RunPaths): Promise<Packed> => {
  const source = withinLimits(await listFiles(paths.workspace));
  const output = withinLimits(await listOutput(paths), totalBytes(source));
  const names = new Map([
    ...source.files.map(({ path }) => [`workspace/${path}`, `source/${path}`] as const),
    ...output.files.map(({ path }) => [`workspace/dist/${path}`, `dist/${path}`] as const),
  ]);
  return { archive: await pack(paths, names), rejected: [...source.rejected, ...output.rejected] };
};

const packState = async (paths: RunPaths, sessionId: string | undefined): Promise<Packed> => {
  const { files, rejected } = withinLimits(await listFiles(paths.workspace));
  const names = new Map(files.map(({ path }) => [`workspace/${path}`, `workspace/${path}`]));
  // The harness writes no transcript before the first answer.
  if (sessionId && (await hasSession(paths, sessionId)))
    names.set(sessionFile(paths, sessionId), ENTRY.session);
  return { archive: await pack(paths, names), rejected };
};

/** Packs a version or a checkpoint. The caller reads the archive while the files are being read. */
export const packExport = (
  paths: RunPaths,
  what: "version" | "checkpoint",
  sessionId: string | undefined,
): Promise<Packed> => (what === "version" ? packVersion(paths) : packState(paths, sessionId));

const isWanted = (path: string) =>
  path === ENTRY.about ||
  path === ENTRY.session ||
  (path.startsWith(ENTRY.workspace) && FilePath.safeParse(path).success);

/**
 * Replaces the workspace with a checkpoint.
 * @param archive tar.gz
 * @throws if it can't be read, is too large or isn't a checkpoint
 */
export const unpackCheckpoint = async (
  paths: RunPaths,
  archive: Readable,
  signal: AbortSignal,
): Promise<void> => {
  const { extract } = await loadTar();
  const staging = await mkdtemp(join(paths.root, "restore-"));
  let unpackedBytes = 0;
  await pipeline(
    archive,
    extract({
      cwd: staging,
      filter: (path, entry) => {
        unpackedBytes += entry.size ?? 0;
        const isFile = "type" in entry && entry.type === "File";
        return isFile && isWanted(path) && unpackedBytes <= CHECKPOINT_UNPACKED_MAX_BYTES;
      },
    }),
    { signal },
  );
  const about = CheckpointAbout.parse(JSON.parse(await readFile(join(staging, ENTRY.about), "utf8")));
  await moveWorkspace(staging, paths);
  const { sessionId } = about;
  if (sessionId) {
    await adoptSession(paths, { file: join(staging, ENTRY.session), sessionId, workspace: about.workspace });
  }
  await rm(staging, { recursive: true, force: true });
};

/** Moves the unpacked workspace into place. An empty workspace has no entry in the archive. */
const moveWorkspace = async (staging: string, paths: RunPaths) => {
  await mkdir(join(staging, "workspace"), { recursive: true });
  await rm(paths.workspace, { recursive: true });
  await rename(join(staging, "workspace"), paths.workspace);
};
