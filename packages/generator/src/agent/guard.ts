/**
 * Refuses tool calls that would leave the workspace. A first line of defence and a clear answer for
 * the model: a command can still do what its process may, which is what the container is for.
 */
import { basename, join, resolve, sep } from "node:path";
import { isEnvironmentFile } from "@leo/core/artifact.ts";
import type { Result } from "../sandbox/protocol.ts";

const WRITERS = new Set(["Write", "Edit", "NotebookEdit"]);
const READERS = new Set(["Read", "Glob", "Grep"]);
/** While a plan is made, nothing may change. */
const PLANNING_TOOLS = READERS;

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
  /** The path with every link resolved, also where its last parts do not exist yet; undefined where it cannot be. */
  resolveLinks: (path: string) => Promise<string | undefined>;
}

/**
 * Judges a tool call.
 * @returns why it is refused, in words for the model, or undefined when it may run
 */
export const rejectToolCall = async (
  name: string,
  input: Record<string, unknown>,
  options: GuardOptions,
): Promise<string | undefined> => {
  if (options.isPlanning() && !PLANNING_TOOLS.has(name)) {
    return "Nothing may be changed or run while the plan is made. Answer with the plan.";
  }
  const target = input.file_path ?? input.notebook_path ?? input.path;
  if (typeof target !== "string" || (!WRITERS.has(name) && !READERS.has(name))) return undefined;
  const path = await options.resolveLinks(resolve(options.workspace, target));
  if (path === undefined) return `${target} cannot be resolved.`;
  if (isWithin(path, options.workspace)) return rejectShared(name, path, options);
  const mayRead = READERS.has(name) && options.readable.some((directory) => isWithin(path, directory));
  return mayRead ? undefined : `${target} is outside the workspace ${options.workspace}. Work inside it.`;
};

const rejectShared = (name: string, path: string, { workspace }: GuardOptions) => {
  const installed = isWithin(path, join(workspace, "node_modules"));
  if (!WRITERS.has(name)) return undefined;
  if (installed) return "Installed packages are not changed by hand.";
  return isEnvironmentFile(path)
    ? `${basename(path)} is not written. ${WITHOUT_ENVIRONMENT_FILES}`
    : undefined;
};

/** Why there are no environment files, and what to do in their place. */
const WITHOUT_ENVIRONMENT_FILES =
  "Environment files are never stored with the app, so its next build would lack them. " +
  "Put settings that anyone may read into a source file, such as src/settings.ts. " +
  "An app without a server cannot keep a key or a password secret: do without it, and tell the person so.";

/** What the model is told of environment files that a command left; undefined where there were none. */
export const environmentFilesNote = ({
  paths,
  count,
}: Result<"remove_environment_files">): string | undefined => {
  if (paths.length === 0) return undefined;
  const more = count > paths.length ? ` and ${count - paths.length} more` : "";
  return `${paths.join(", ")}${more} ${count === 1 ? "was" : "were"} removed. ${WITHOUT_ENVIRONMENT_FILES}`;
};
