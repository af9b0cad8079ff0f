/** What a run uses, measured in the sandbox. */
import { statfs } from "node:fs/promises";
import { LIMITS } from "@leo/core/limits.ts";
import { findFamily } from "../process/family.ts";
import type { Result } from "../sandbox/protocol.ts";
import { listFiles, listOutput, totalBytes, withinLimits } from "../workspace/files.ts";
import type { RunPaths } from "../run-paths.ts";

/** The run's processes, the files and bytes of its workspace, and the free disk space. */
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

/** The number of built files, and the bytes of source and build. A version leaves out files over 10 MB. */
export const measureOutput = async (paths: RunPaths): Promise<Result<"measure_output">> => {
  const [source, output] = await Promise.all([listFiles(paths.workspace), listOutput(paths)]);
  const files = output.files.filter(({ sizeBytes }) => sizeBytes <= LIMITS.fileMaxBytes);
  return { outputFiles: files.length, sizeBytes: totalBytes(withinLimits(source)) + totalBytes({ files }) };
};
