import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isEnvironmentFile } from "@leo/core/artifact.ts";
import { listFiles } from "./files.ts";

/** Removes environment files, whatever command left them. @returns their paths */
export const removeEnvironmentFiles = async (workspace: string): Promise<string[]> => {
  const { rejected } = await listFiles(workspace);
  const paths = rejected.map(({ path }) => path).filter(isEnvironmentFile);
  for (const path of paths) await rm(join(workspace, path), { force: true });
  return paths;
};
