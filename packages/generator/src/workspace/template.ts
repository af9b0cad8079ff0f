import { constants, cpSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { cp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** Parts of the template that aren't copied into workspaces. */
const NOT_COPIED = new Set(["node_modules", "dist", ".vite"]);

/**
 * Copies the starter's files into an empty workspace. Synchronously, like the links below: that takes 3 ms, while
 * promises would take 20 ms of processor time from the agent's starting process.
 */
export const copyTemplate = (templateDir: string, workspace: string): void => {
  for (const name of readdirSync(templateDir)) {
    if (NOT_COPIED.has(name)) continue;
    cpSync(join(templateDir, name), join(workspace, name), { recursive: true });
  }
};

const linkEach = (from: string, to: string): void => {
  for (const name of readdirSync(from)) {
    if (!name.startsWith(".") && !name.startsWith("@")) symlinkSync(join(from, name), join(to, name));
  }
};

/** The links in `.bin` are relative, so they stay valid in the copy. */
const linkCommands = (from: string, to: string): void => {
  mkdirSync(to);
  for (const name of readdirSync(from)) symlinkSync(readlinkSync(join(from, name)), join(to, name));
};

/**
 * Gives a workspace the template's installed packages: its own `node_modules` with one link per package. That is
 * quick and enough to build. Before anything is installed, `ownModules` replaces the links by real packages.
 * @throws if the template's packages aren't installed
 */
export const linkModules = (templateDir: string, workspace: string): void => {
  const from = join(templateDir, "node_modules");
  const to = join(workspace, "node_modules");
  const scopes = readdirSync(from).filter((name) => name.startsWith("@"));
  mkdirSync(to, { recursive: true });
  linkEach(from, to);
  linkCommands(join(from, ".bin"), join(to, ".bin"));
  for (const scope of scopes) {
    mkdirSync(join(to, scope));
    linkEach(join(from, scope), join(to, scope));
  }
};

/**
 * Replaces the links by copies, because a package manager would write through them into the template, which other
 * apps share. Does nothing if they have already been replaced.
 */
export const ownModules = async (templateDir: string, workspace: string): Promise<void> => {
  const modules = join(workspace, "node_modules");
  const entries = await readdir(modules, { withFileTypes: true });
  if (!entries.some((entry) => entry.isSymbolicLink())) return;
  const copy = `${modules}.copy`;
  await cp(join(templateDir, "node_modules"), copy, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  await rm(modules, { recursive: true });
  await rename(copy, modules);
};

/** The dependencies that a `package.json` asks for, in a form to compare. @throws when it cannot be read */
export const dependenciesOf = async (directory: string): Promise<string> => {
  const manifest: unknown = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  const { dependencies, devDependencies } = manifest as Record<string, Record<string, string> | undefined>;
  return JSON.stringify(
    Object.entries({ ...devDependencies, ...dependencies }).toSorted(([a], [b]) => a.localeCompare(b)),
  );
};
