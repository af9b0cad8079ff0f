import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunPaths } from "../run-paths.ts";

/** Where the agent's harness keeps its files. */
export const agentConfigDir = (paths: Pick<RunPaths, "home">) => join(paths.home, ".claude");

/** The harness names a project's directory after its path. */
const projectName = (workspace: string) => workspace.replace(/[^a-zA-Z0-9]/g, "-");

/** Path of a session's transcript, whether or not it exists. */
export const sessionFile = (paths: Pick<RunPaths, "home" | "workspace">, sessionId: string) =>
  join(agentConfigDir(paths), "projects", projectName(paths.workspace), `${sessionId}.jsonl`);

/** Whether a session can be resumed in this run. */
export const hasSession = async (paths: RunPaths, sessionId: string | undefined): Promise<boolean> => {
  if (sessionId === undefined) return false;
  try {
    await access(sessionFile(paths, sessionId));
    return true;
  } catch {
    return false;
  }
};

/**
 * Puts a transcript where the harness finds it. Transcripts contain absolute paths, so the path of the original
 * workspace is replaced by this run's.
 */
export const adoptSession = async (
  paths: RunPaths,
  session: { file: string; sessionId: string; workspace: string },
): Promise<void> => {
  const transcript = await readFile(session.file, "utf8");
  const target = sessionFile(paths, session.sessionId);
  await mkdir(join(target, ".."), { recursive: true, mode: 0o700 });
  const moved =
    session.workspace === "/" ? transcript : transcript.replaceAll(session.workspace, paths.workspace);
  await writeFile(target, moved, { mode: 0o600 });
};
