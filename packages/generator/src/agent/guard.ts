/**
 * Rejects tool calls that would leave the workspace. This is a first line of defence and a clear answer for
 * the model. A command can still do whatever its process may; the container limits that.
 */
import { basename, join, resolve, sep } from "node:path";
import { isEnvironmentFile } from "@leo/core/artifact.ts";
import type { Result } from "../sandbox/protocol.ts";

const WRITERS = new Set(["Write", "Edit", "NotebookEdit"]);
const READERS = new Set(["Read", "Glob", "Grep"]);
/** Nothing may change during planning. */
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
  /** Other readable directories, such as the packages that the workspace links to. */
  readable: string[];
  isPlanning: () => boolean;
  /** Resolves every link, even if the last parts of the path don't exist yet. Undefined if it can't. */
  resolveLinks: (path: string) => Promise<string | undefined>;
}

/**
 * Judges a tool call.
 * @returns why it's rejected, worded for the model, or undefined if it may run
 */
export const rejectToolCall = async (
  name: string,
  input: Record<string, unknown>,
  options: GuardOptions,
): Promise<string | undefined> => {
  if (options.isPlanning() && !PLANNING_TOOLS.has(name)) {
    return "You can't change or run anything while planning. Answer with the plan.";
  }
  const target = input.file_path ?? input.notebook_path ?? input.path;
  if (typeof target !== "string" || (!WRITERS.has(name) && !READERS.has(name))) return undefined;
  const path = await options.resolveLinks(resolve(options.workspace, target));
  if (path === undefined) return `${target} can't be resolved.`;
  if (isWithin(path, options.workspace)) return rejectShared(name, path, options);
  const mayRead = READERS.has(name) && options.readable.some((directory) => isWithin(path, directory));
  return mayRead ? undefined : `${target} is outside the workspace ${options.workspace}. Work inside it.`;
};

const rejectShared = (name: string, path: string, { workspace }: GuardOptions) => {
  const installed = isWithin(path, join(workspace, "node_modules"));
  if (!WRITERS.has(name)) return undefined;
  if (installed) return "Don't edit installed packages.";
  return isEnvironmentFile(path)
    ? `${basename(path)} was not written. ${WITHOUT_ENVIRONMENT_FILES}`
    : undefined;
};

/** Why there are no environment files, and what to do instead. */
const WITHOUT_ENVIRONMENT_FILES =
  "Environment files are never stored with the app, so its next build would lack them. " +
  "Put settings that anyone may read into a source file, such as src/settings.ts. " +
  "An app without a server cannot keep a key or a password secret: do without it, and tell the person so.";

/** What the model hears about environment files that a command left, or undefined if there were none. */
export const environmentFilesNote = ({
  paths,
  count,
}: Result<"remove_environment_files">): string | undefined => {
  if (paths.length === 0) return undefined;
  const more = count > paths.length ? ` and ${count - paths.length} more` : "";
  return `${paths.join(", ")}${more} ${count === 1 ? "was" : "were"} removed. ${WITHOUT_ENVIRONMENT_FILES}`;
};
