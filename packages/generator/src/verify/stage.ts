/**
 * The app as its version will hold it, in a directory of its own. What is built from there can be built again from the
 * version: an environment file, a link or a file that is too large is missing here as it will be missing there, and so
 * is a package that was installed without being asked for in `package.json`.
 */
import { constants } from "node:fs";
import { copyFile, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { listFiles, withinLimits, type RejectedFile } from "../workspace/files.ts";
import type { RunPaths } from "../run-paths.ts";
import { linkModules } from "../workspace/template.ts";

/** Files that are named; of more, only the number is told. */
const NAMED_MAX = 10;

const versionOf = async ({ workspace }: RunPaths) => withinLimits(await listFiles(workspace));

/** What of the workspace is no part of a version. */
export const leftOutOf = async (paths: RunPaths): Promise<RejectedFile[]> =>
  (await versionOf(paths)).rejected;

/**
 * Copies what a version may hold, and links the packages that a run which begins with it will have.
 * @param ownPackages the app asks for others than the template, and `npm install` has just made them so
 * @returns the directory, which there is once
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

/** What an agent is told about files that are no part of the version; undefined where there are none. */
export const leftOutNote = (leftOut: readonly RejectedFile[]): string | undefined => {
  if (leftOut.length === 0) return undefined;
  const named = leftOut.slice(0, NAMED_MAX).map(({ path, reason }) => `${path} (${reason})`);
  const more = leftOut.length > NAMED_MAX ? ` and ${leftOut.length - NAMED_MAX} more` : "";
  return `These files are no part of the app's version, so the build is made without them: ${named.join(", ")}${more}.`;
};
