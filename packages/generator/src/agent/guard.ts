/**
 * Refuses tool calls that would leave the workspace. A first line of defence and a clear answer for
 * the model: a command can still do what its process may, which is what the container is for.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { isSystemError } from "../error-text.ts";

const WRITERS = new Set(["Write", "Edit", "NotebookEdit"]);
const READERS = new Set(["Read", "Glob", "Grep"]);
/** While a plan is made, nothing may change. */
const PLANNING_TOOLS = READERS;

/** The path with every link resolved, also where its last parts do not exist yet. */
const resolveLinks = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isSystemError(error, "ENOENT") || dirname(path) === path) throw error;
    return join(await resolveLinks(dirname(path)), basename(path));
  }
};

const isWithin = (path: string, directory: string) =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);

const INSTALLS =
  /\b(?:npm|pnpm|yarn|bun)\b[^\n;&|]*\b(?:add|ci|dedupe|i|install|link|prune|remove|rm|un|uninstall|up|update|upgrade)\b/;

/** True for a command that changes installed packages. */
export const changesPackages = (command: unknown): boolean =>
  typeof command === "string" && INSTALLS.test(command);

export interface GuardOptions {
  workspace: string;
  /** Other directories that may be read, such as the packages that the workspace links to. */
  readable: string[];
  isPlanning: () => boolean;
}

/**
 * Judges a tool call.
 * @returns why it is refused, in words for the model, or undefined when it may run
 */
export const refuseToolCall = async (
  name: string,
  input: Record<string, unknown>,
  options: GuardOptions,
): Promise<string | undefined> => {
  if (options.isPlanning() && !PLANNING_TOOLS.has(name)) {
    return "Nothing may be changed or run while the plan is made. Answer with the plan.";
  }
  const target = input.file_path ?? input.notebook_path ?? input.path;
  if (typeof target !== "string" || (!WRITERS.has(name) && !READERS.has(name))) return undefined;
  const path = await resolveLinks(resolve(options.workspace, target)).catch(() => undefined);
  if (path === undefined) return `${target} cannot be resolved.`;
  if (isWithin(path, options.workspace)) return refuseShared(name, path, options);
  const mayRead = READERS.has(name) && options.readable.some((directory) => isWithin(path, directory));
  return mayRead ? undefined : `${target} is outside the workspace ${options.workspace}. Work inside it.`;
};

const refuseShared = (name: string, path: string, { workspace }: GuardOptions) => {
  const installed = isWithin(path, join(workspace, "node_modules"));
  return installed && WRITERS.has(name) ? "Installed packages are not changed by hand." : undefined;
};
