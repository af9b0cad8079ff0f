import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { importsOf } from "./imports.ts";

/** For each folder, the folders that it imports from, and for each of those `file -> file`. */
export type Graph = Map<string, Map<string, string[]>>;

/** A part of the project whose folders must not form a cycle. */
export interface Part {
  /** Such as `orchestrator`. */
  name: string;
  /** Where its sources are, below the project's root. */
  folder: string;
  /** Subfolders that are parts of their own. */
  without?: string[];
  /** The name under which it may import itself: `@leo/orchestrator`. */
  packageName?: string;
}

const SOURCES = "**/*.{ts,tsx,mts,mjs}";
const IGNORED = new Set(["node_modules", "dist", "test"]);

const sourcesIn = (directory: string, { without = [] }: Part): string[] =>
  globSync(SOURCES, { cwd: directory, exclude: (name) => IGNORED.has(path.basename(name)) })
    .filter((file) => !/\.d\.m?ts$/.test(file))
    .filter((file) => !without.some((folder) => file.startsWith(`${folder}/`)))
    .toSorted();

/** Every directory is a node, and so is every file that lies in none. */
const nodeOf = (file: string) => (path.dirname(file) === "." ? file : path.dirname(file));

/** The imported file below the part's folder, or undefined when it lies elsewhere. */
const targetOf = (file: string, specifier: string, { packageName }: Part): string | undefined => {
  if (packageName && specifier.startsWith(`${packageName}/`)) return specifier.slice(packageName.length + 1);
  if (!specifier.startsWith(".")) return undefined;
  return path.normalize(path.join(path.dirname(file), specifier));
};

/**
 * Reads which folders of a part import from which.
 * @param root the project's folder
 */
export const folderGraph = (root: string, part: Part): Graph => {
  const directory = path.join(root, part.folder);
  const files = sourcesIn(directory, part);
  const known = new Set(files);
  const graph: Graph = new Map(files.map((file) => [nodeOf(file), new Map<string, string[]>()]));
  for (const file of files) {
    const edges = graph.get(nodeOf(file));
    for (const specifier of importsOf(file, readFileSync(path.join(directory, file), "utf8"))) {
      const target = targetOf(file, specifier, part);
      if (target === undefined || !known.has(target) || nodeOf(target) === nodeOf(file)) continue;
      const imports = edges?.get(nodeOf(target)) ?? [];
      edges?.set(nodeOf(target), [...imports, `${file} -> ${target}`]);
    }
  }
  return graph;
};
