import { failure, type Failure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";

/**
 * Whether a build exceeds what a version can hold: the app wouldn't run with a part of it missing.
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
