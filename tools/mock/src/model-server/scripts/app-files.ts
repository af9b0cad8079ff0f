import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const SCENARIOS = fileURLToPath(new URL("../../../scenarios/", import.meta.url));

export interface SourceFile {
  /** Relative to the workspace, with forward slashes. */
  path: string;
  content: string;
}

const fill = (content: string, values: Record<string, string>) =>
  content.replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) => values[name] ?? placeholder);

/**
 * The files of one scenario folder with `{{name}}` placeholders filled in, sorted by path.
 * @throws when there is no such folder
 */
export const readScenarioFiles = async (
  name: string,
  values: Record<string, string>,
): Promise<SourceFile[]> => {
  const root = join(SCENARIOS, name);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return Promise.all(
    paths.map(async (path) => ({
      path: relative(root, path).split(sep).join("/"),
      content: fill(await readFile(path, "utf8"), values),
    })),
  );
};
