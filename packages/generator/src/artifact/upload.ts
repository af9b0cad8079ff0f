import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactFile } from "@leo/core/artifact.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { WorkspaceFile } from "../workspace/files.ts";
import type { ObjectStore } from "./store.ts";

const PARALLEL = 24;

/** Runs `act` on every item, a number of them at a time. After an error no more are begun; rejects with it. */
export const inParallel = async <T, R>(
  items: readonly T[],
  limit: number,
  act: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  const entries = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [index, item] of entries) {
      if (failed) return;
      try {
        results[index] = await act(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return results;
};

/** A file's content; a link in its place is refused, whenever it was put there. */
const readPlainFile = async (path: string): Promise<Buffer> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const content = await file.readFile();
    if (content.length > LIMITS.fileMaxBytes) throw new Error(`${path} grew beyond 10 MB`);
    return content;
  } finally {
    await file.close();
  }
};

/**
 * Stores files under keys made from their paths, many at a time.
 * @returns what the manifest says of them, in the same order
 * @throws when one of them could not be read or stored
 */
export const uploadFiles = (
  store: ObjectStore,
  directory: string,
  files: WorkspaceFile[],
  keyOf: (path: string) => string,
): Promise<ArtifactFile[]> =>
  inParallel(files, PARALLEL, async ({ path }) => {
    const content = await readPlainFile(join(directory, path));
    await store.create(keyOf(path), content);
    return { path, sizeBytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
  });
