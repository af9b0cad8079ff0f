import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { restoreCheckpoint, type CheckpointState } from "./checkpoint.ts";
import { installDependencies } from "./install.ts";
import type { RunPaths } from "./paths.ts";
import { copyTemplate, linkModules } from "./template.ts";

/** Fills an empty workspace with the starter. Worth doing before the work is known: most runs begin with it. */
export const prepareStarter = (paths: RunPaths, templateDir: string): void => {
  copyTemplate(templateDir, paths.workspace);
  linkModules(templateDir, paths.workspace);
};

/**
 * Replaces the starter with what a run continues from.
 * @returns the state that was saved with it
 * @throws when it cannot be restored: to go on from the starter would lose the user's app
 */
export const restorePrevious = async (
  paths: RunPaths,
  templateDir: string,
  previous: NonNullable<StartGeneration["previous"]>,
  signal: AbortSignal,
): Promise<CheckpointState> => {
  const state = await restoreCheckpoint(paths, previous.checkpointUrl, signal);
  linkModules(templateDir, paths.workspace);
  await installDependencies({ paths, templateDir, signal });
  return state;
};
