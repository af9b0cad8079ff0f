import { constants, cpSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { cp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** Parts of the template that no workspace gets a copy of. */
const NOT_COPIED = new Set(["node_modules", "dist", ".vite"]);

/**
 * Copies the starter's files into an empty workspace. At once, as the links below: so few small files take
 * 3 ms, and 20 ms of processor time by promises, while the agent's process is being started.
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

/** The links in `.bin` are relative and hold in the copy as they are. */
const linkCommands = (from: string, to: string): void => {
  mkdirSync(to);
  for (const name of readdirSync(from)) symlinkSync(readlinkSync(join(from, name)), join(to, name));
};

/**
 * Gives a workspace the template's installed packages: a `node_modules` of its own whose entries
 * are links, one a package. It takes no time and is enough to build; before anything is installed
 * `ownModules` puts real packages in their place.
 * @throws when the template's packages are not installed
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
 * Replaces the links by copies: a package manager would write through them into the template, which
 * other apps share. Does nothing where they have been replaced already.
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
