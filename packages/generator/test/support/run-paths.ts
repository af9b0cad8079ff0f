import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunPaths, type RunPaths } from "../../src/run-paths.ts";

/** Runs with the empty directories of a run, removed after. */
export const withRunPaths = async (run: (paths: RunPaths) => Promise<void>): Promise<void> => {
  const root = await mkdtemp(join(tmpdir(), "leo-paths-"));
  try {
    await run(createRunPaths(root));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

export const TEMPLATE = join(import.meta.dirname, "../../template");
