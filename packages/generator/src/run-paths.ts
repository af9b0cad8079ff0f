import { mkdirSync, mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a run keeps its files. Everything is under `root`, except the generator's own code. */
export interface RunPaths {
  root: string;
  /** The app: what the agent works in. */
  workspace: string;
  /** HOME of the agent and its tools. */
  home: string;
  /** TMPDIR of the agent and its tools. */
  temporary: string;
}

/** Directory of the build's output. */
export const outputDirectory = (paths: Pick<RunPaths, "workspace">) => join(paths.workspace, "dist");

/**
 * Creates a run's empty directories. Synchronously, because the agent's process waits for them.
 * @param root default: a new one in the system's temporary directory
 */
export const createRunPaths = (root?: string): RunPaths => {
  if (root) mkdirSync(root, { recursive: true });
  const base = realpathSync(root ?? mkdtempSync(join(tmpdir(), "leo-")));
  const paths = {
    root: base,
    workspace: join(base, "workspace"),
    home: join(base, "home"),
    temporary: join(base, "tmp"),
  };
  for (const path of [paths.workspace, paths.home, paths.temporary]) mkdirSync(path, { recursive: true });
  return paths;
};
