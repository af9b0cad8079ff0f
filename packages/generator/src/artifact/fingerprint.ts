import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inParallel } from "./upload.ts";
import { isSystemError } from "../error-text.ts";
import { listFiles } from "../workspace/files.ts";

const PARALLEL = 24;

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
 * Two workspaces have the same fingerprint exactly when the files of their apps are the same, by path and content.
 * A file that was written again as it was changes nothing.
 * @returns SHA-256, hex
 * @throws when a file cannot be read
 */
export const fingerprint = async (workspace: string): Promise<string> => {
  const { files } = await listFiles(workspace);
  const hashes = await inParallel(files, PARALLEL, ({ path }) => hashOf(join(workspace, path)));
  const lines = files.map(({ path }, index) => [path, hashes[index]]);
  return createHash("sha256").update(JSON.stringify(lines)).digest("hex");
};
