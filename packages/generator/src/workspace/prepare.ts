import type { RunPaths } from "../run-paths.ts";
import { copyTemplate, linkModules } from "./template.ts";

/** Fills an empty workspace with the starter, before the work is known, because most runs begin with it. */
export const prepareStarter = (paths: RunPaths, templateDir: string): void => {
  copyTemplate(templateDir, paths.workspace);
  linkModules(templateDir, paths.workspace);
};
