import { failure, type Failure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { listOutput } from "../artifact/publish.ts";
import { listFiles, totalBytes, withinLimits } from "../workspace/files.ts";
import type { RunPaths } from "../workspace/paths.ts";

/**
 * Whether a build is more than a version can hold: an app that lacks a part of it would not run. A
 * single file over 10 MB is left out with a warning and does not count.
 * @param maxBytes source and build together
 */
export const findOutputLimit = async (paths: RunPaths, maxBytes: number): Promise<Failure | undefined> => {
  const [source, output] = await Promise.all([listFiles(paths.workspace), listOutput(paths)]);
  const files = output.files.filter(({ sizeBytes }) => sizeBytes <= LIMITS.fileMaxBytes);
  if (files.length > LIMITS.artifactMaxFiles) {
    const detail = `the build has ${files.length} files, ${LIMITS.artifactMaxFiles} are allowed`;
    return failure("output_too_large", detail);
  }
  const sizeBytes = totalBytes(withinLimits(source)) + totalBytes({ files });
  if (sizeBytes <= maxBytes) return undefined;
  return failure("output_too_large", `source and build have ${sizeBytes} bytes, ${maxBytes} are allowed`);
};
