import { mkdtemp, mkdir, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where one run keeps its files. Everything lies under `root`, apart from the generator's own code. */
export interface RunPaths {
  root: string;
  /** The app: what the agent works in. */
  workspace: string;
  /** HOME of the agent and its tools. */
  home: string;
  /** TMPDIR of the agent and its tools. */
  temporary: string;
}

/** Creates the directories of a run, empty. @param root default: a fresh one under the system's */
export const createRunPaths = async (root?: string): Promise<RunPaths> => {
  if (root) await mkdir(root, { recursive: true });
  const base = await realpath(root ?? (await mkdtemp(join(tmpdir(), "leo-"))));
  const paths = {
    root: base,
    workspace: join(base, "workspace"),
    home: join(base, "home"),
    temporary: join(base, "tmp"),
  };
  await Promise.all(
    [paths.workspace, paths.home, paths.temporary].map((path) => mkdir(path, { recursive: true })),
  );
  return paths;
};
