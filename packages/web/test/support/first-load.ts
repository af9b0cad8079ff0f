/** What a browser has to load before the workspace opens, read from the build. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

export const DIST = join(import.meta.dirname, "../../dist");
export const FIRST_LOAD_MAX_BYTES = 250 * 1024;

export const readText = (name: string) => readFile(join(DIST, name), "utf8");

/** Scripts that a chunk imports in any case, and theirs. */
const staticImports = async (name: string, seen = new Set<string>()): Promise<Set<string>> => {
  if (seen.has(name)) return seen;
  seen.add(name);
  const source = await readText(`assets/${name}`);
  const imported = [...source.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map(
    ([, file]) => file,
  );
  for (const file of imported) if (file) await staticImports(file, seen);
  return seen;
};

/** @returns the size of the first load's scripts, gzipped */
export const firstLoadBytes = async (): Promise<number> => {
  const html = await readText("index.html");
  const entries = [...html.matchAll(/assets\/([\w.-]+\.js)"/g)].map(([, name]) => name ?? "");
  if (entries.length === 0) throw new Error("The page loads no script.");
  const names = new Set<string>();
  for (const entry of entries) for (const name of await staticImports(entry)) names.add(name);
  const sizes = await Promise.all(
    [...names].map(async (name) => {
      const compressed = await stat(join(DIST, `assets/${name}.gz`)).catch(() =>
        stat(join(DIST, `assets/${name}`)),
      );
      return compressed.size;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};
