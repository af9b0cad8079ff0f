/**
 * The app exactly as its version will hold it, in a separate directory. What builds there will build again from the
 * version: environment files, links, oversized files and packages missing from `package.json` are missing in both.
 */
import { constants } from "node:fs";
import { copyFile, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { listFiles, withinLimits, type RejectedFile } from "../workspace/files.ts";
import type { RunPaths } from "../run-paths.ts";
import { linkModules } from "../workspace/template.ts";

/** Only this many files are named, the rest are counted. */
const NAMED_MAX = 10;

const versionOf = async ({ workspace }: RunPaths) => withinLimits(await listFiles(workspace));

/** Files of the workspace that a version leaves out. */
export const leftOutOf = async (paths: RunPaths): Promise<RejectedFile[]> =>
  (await versionOf(paths)).rejected;

/**
 * Copies what a version may hold, and links the packages that a run based on it will have.
 * @param ownPackages the app's packages differ from the template's, and `npm install` has just installed them
 * @returns the directory, always the same one
 */
export const stageVersion = async (
  paths: RunPaths,
  templateDir: string,
  ownPackages: boolean,
): Promise<string> => {
  const directory = join(paths.temporary, "version");
  await rm(directory, { recursive: true, force: true });
  const { files } = await versionOf(paths);
  const folders = new Set([directory, ...files.map(({ path }) => dirname(join(directory, path)))]);
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const copies = files.map(({ path }) =>
    copyFile(join(paths.workspace, path), join(directory, path), constants.COPYFILE_FICLONE),
  );
  await Promise.all(copies);
  if (ownPackages) await symlink(join(paths.workspace, "node_modules"), join(directory, "node_modules"));
  else linkModules(templateDir, directory);
  return directory;
};

/** Tells the agent which files the version leaves out; undefined if there are none. */
export const leftOutNote = (leftOut: readonly RejectedFile[]): string | undefined => {
  if (leftOut.length === 0) return undefined;
  const named = leftOut.slice(0, NAMED_MAX).map(({ path, reason }) => `${path} (${reason})`);
  const more = leftOut.length > NAMED_MAX ? ` and ${leftOut.length - NAMED_MAX} more` : "";
  return `These files are no part of the app's version, so the build is made without them: ${named.join(", ")}${more}.`;
};
