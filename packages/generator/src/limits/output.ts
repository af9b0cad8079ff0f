import { failure, type Failure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/**
 * Whether a build is more than a version can hold: an app that lacks a part of it would not run.
 * @param maxBytes source and build together
 */
export const findOutputLimit = async (
  sandbox: Pick<Sandbox, "call">,
  maxBytes: number,
): Promise<Failure | undefined> => {
  const { outputFiles, sizeBytes } = await sandbox.call({ operation: "measure_output" });
  if (outputFiles > LIMITS.artifactMaxFiles) {
    const detail = `the build has ${outputFiles} files, ${LIMITS.artifactMaxFiles} are allowed`;
    return failure("output_too_large", detail);
  }
  if (sizeBytes <= maxBytes) return undefined;
  return failure("output_too_large", `source and build have ${sizeBytes} bytes, ${maxBytes} are allowed`);
};
