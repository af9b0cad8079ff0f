/**
 * Which files of a workspace count as the app.
 *
 * The agent and whatever it runs write the workspace, so its tree isn't trusted: links are never followed, and what a
 * version may not hold is rejected by name, kind or size.
 */
import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FilePath, isEnvironmentFile } from "@leo/core/artifact.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { isSystemError } from "../error-text.ts";
import { outputDirectory, type RunPaths } from "../run-paths.ts";

export interface WorkspaceFile {
  /** Relative to the directory that was listed, with forward slashes. */
  path: string;
  sizeBytes: number;
  modifiedMs: number;
}

export interface RejectedFile {
  path: string;
  reason: string;
}

export interface FileListing {
  /** Sorted by path. */
  files: WorkspaceFile[];
  rejected: RejectedFile[];
}

/** Directories that tools create and can create again. */
const NEVER_LISTED = new Set(["node_modules", ".git", ".vite", ".vite-temp", ".npm", ".cache"]);
/** The build's output, which is stored separately. */
const BUILD_OUTPUT = "dist";

/** The agent's tools write a temporary file next to the old one and rename it. */
const HALF_WRITTEN = /\.tmp\.\d+\.[0-9a-f]+$/;

const rejectionOf = (entry: Dirent, path: string): string | undefined => {
  if (entry.isSymbolicLink()) return "links are not stored";
  if (!entry.isFile()) return "only files are stored";
  if (isEnvironmentFile(entry.name)) return "environment files may hold secrets";
  if (!FilePath.safeParse(path).success) return "the name is not allowed";
  return undefined;
};

/** Files that vanish while the tree is read are ignored; anything else is an error. */
const unlessGone = (error: unknown) => {
  if (!isSystemError(error, "ENOENT")) throw error;
};

const readDirectory = async (path: string, isRoot: boolean): Promise<Dirent[]> => {
  const entries = await readdir(path, { withFileTypes: true }).catch(isRoot ? undefined : unlessGone);
  return (entries ?? []).filter(({ name }) => !HALF_WRITTEN.test(name));
};

/**
 * Lists the files under a directory that a version may hold.
 * @param root absolute path; `dist` directly under it is left out unless `root` is the output itself
 * @param isOutput true if `root` is the build's output, where no name is skipped
 */
export const listFiles = async (root: string, isOutput = false): Promise<FileListing> => {
  const found: WorkspaceFile[] = [];
  const rejected: RejectedFile[] = [];

  const visit = async (directory: string, prefix: string): Promise<void> => {
    const entries = await readDirectory(directory, directory === root);
    await Promise.all(
      entries.map(async (entry) => {
        const path = prefix + entry.name;
        if (entry.isDirectory()) {
          if (!isOutput && (NEVER_LISTED.has(entry.name) || path === BUILD_OUTPUT)) return;
          return visit(join(directory, entry.name), `${path}/`);
        }
        const reason = rejectionOf(entry, path);
        if (reason) return void rejected.push({ path, reason });
        const stat = await lstat(join(directory, entry.name)).catch(unlessGone);
        if (stat) found.push({ path, sizeBytes: stat.size, modifiedMs: stat.mtimeMs });
      }),
    );
  };

  await visit(root, "");
  return { files: found.toSorted((a, b) => (a.path < b.path ? -1 : 1)), rejected };
};

/** Files of the build's output, which may not exist. */
export const listOutput = async (paths: RunPaths): Promise<FileListing> => {
  try {
    return await listFiles(outputDirectory(paths), true);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return { files: [], rejected: [] };
    throw error;
  }
};

/** Size of all listed files together. */
export const totalBytes = ({ files }: Pick<FileListing, "files">): number =>
  files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/**
 * Keeps what fits into a version, in order of path: 10 MB per file, 5,000 files per part, 200 MB in all. The rest is
 * rejected.
 * @param usedBytes size of the version's other part
 */
export const withinLimits = (listing: FileListing, usedBytes = 0): FileListing => {
  const rejected = [...listing.rejected];
  let versionBytes = usedBytes;
  const files = listing.files.filter(({ path, sizeBytes }, index) => {
    const reason = tooLarge(sizeBytes, versionBytes, index);
    if (reason) rejected.push({ path, reason });
    if (!reason) versionBytes += sizeBytes;
    return !reason;
  });
  return { files, rejected };
};

const tooLarge = (sizeBytes: number, versionBytes: number, index: number) => {
  if (sizeBytes > LIMITS.fileMaxBytes) return "larger than 10 MB";
  if (versionBytes + sizeBytes > LIMITS.artifactMaxBytes) return "the version would be larger than 200 MB";
  if (index >= LIMITS.artifactMaxFiles) return `more than ${LIMITS.artifactMaxFiles} files`;
  return undefined;
};
