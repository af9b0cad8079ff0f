import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../error-text.ts";
import { listFiles } from "./files.ts";

const PARALLEL = 24;

/** Runs `act` on every item, a limited number at a time. Rejects with the first error. */
const inParallel = async <T, R>(
  items: readonly T[],
  limit: number,
  act: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
};

const hashOf = async (path: string): Promise<string> => {
  try {
    return createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return "gone";
    throw error;
  }
};

/**
 * Two workspaces have the same fingerprint if and only if their apps' files have the same paths and content.
 * Rewriting a file unchanged makes no difference.
 * @returns SHA-256, hex
 * @throws if a file can't be read
 */
export const fingerprint = async (workspace: string): Promise<string> => {
  const { files } = await listFiles(workspace);
  const hashes = await inParallel(files, PARALLEL, ({ path }) => hashOf(join(workspace, path)));
  const lines = files.map(({ path }, index) => [path, hashes[index]]);
  return createHash("sha256").update(JSON.stringify(lines)).digest("hex");
};
