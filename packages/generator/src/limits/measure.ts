/** What a run uses, as the sandbox sees it. */
import { statfs } from "node:fs/promises";
import { LIMITS } from "@leo/core/limits.ts";
import { findFamily } from "../process/family.ts";
import type { Result } from "../sandbox/protocol.ts";
import { listFiles, listOutput, totalBytes, withinLimits } from "../workspace/files.ts";
import type { RunPaths } from "../run-paths.ts";

/** Processes of the run, files of its workspace and their bytes, and what the disk has left. */
export const measure = async (paths: RunPaths): Promise<Result<"measure">> => {
  const [pids, { files }, { bavail, bsize }] = await Promise.all([
    findFamily(paths.home),
    listFiles(paths.workspace),
    statfs(paths.root),
  ]);
  return {
    processes: pids.length,
    files: files.length,
    sizeBytes: totalBytes({ files }),
    freeBytes: bavail * bsize,
  };
};

/** Files of the build, and the bytes of source and build. A single file over 10 MB is left out of a version. */
export const measureOutput = async (paths: RunPaths): Promise<Result<"measure_output">> => {
  const [source, output] = await Promise.all([listFiles(paths.workspace), listOutput(paths)]);
  const files = output.files.filter(({ sizeBytes }) => sizeBytes <= LIMITS.fileMaxBytes);
  return { outputFiles: files.length, sizeBytes: totalBytes(withinLimits(source)) + totalBytes({ files }) };
};
