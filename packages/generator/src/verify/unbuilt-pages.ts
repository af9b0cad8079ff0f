import { existsSync } from "node:fs";
import { join } from "node:path";
import { listFiles } from "../workspace/files.ts";
import { outputDirectory, type RunPaths } from "../run-paths.ts";

/** Files in `public/` are copied unchanged, those in `src/` are parts of pages, and dot files are neither. */
const isPage = (path: string) => /\.html$/i.test(path) && !/^(?:public|src)\/|(?:^|\/)\./.test(path);

/**
 * Pages of the app that its build leaves out, worded for the agent: a link to one would lead nowhere.
 * @returns undefined if there are none
 */
export const unbuiltPages = async (paths: RunPaths): Promise<string | undefined> => {
  const { files } = await listFiles(paths.workspace);
  const missing = files
    .map(({ path }) => path)
    .filter((path) => isPage(path) && !existsSync(join(outputDirectory(paths), path)));
  if (missing.length === 0) return undefined;
  return `Not in the build: ${missing.join(", ")}. vite.config.ts names the pages in build.rolldownOptions.input; add every page there, or delete the file.`;
};
