import { constants } from "node:fs";
import { cp, mkdir, readdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

/** Parts of the template that no workspace gets a copy of. */
const NOT_COPIED = new Set(["node_modules", "dist", ".vite"]);

/** Copies the starter's files into an empty workspace. */
export const copyTemplate = async (templateDir: string, workspace: string): Promise<void> => {
  const names = await readdir(templateDir);
  await Promise.all(
    names
      .filter((name) => !NOT_COPIED.has(name))
      .map((name) => cp(join(templateDir, name), join(workspace, name), { recursive: true })),
  );
};

const linkEach = async (from: string, to: string) => {
  const names = (await readdir(from)).filter((name) => !name.startsWith(".") && !name.startsWith("@"));
  await Promise.all(names.map((name) => symlink(join(from, name), join(to, name))));
};

/**
 * Gives a workspace the template's installed packages: a `node_modules` of its own whose entries
 * are links, one a package. It takes no time and is enough to build; before anything is installed
 * `ownModules` puts real packages in their place.
 * @throws when the template's packages are not installed
 */
export const linkModules = async (templateDir: string, workspace: string): Promise<void> => {
  const from = join(templateDir, "node_modules");
  const to = join(workspace, "node_modules");
  const names = await readdir(from);
  const scopes = names.filter((name) => name.startsWith("@"));
  await mkdir(to, { recursive: true });
  await Promise.all([
    linkEach(from, to),
    linkCommands(join(from, ".bin"), join(to, ".bin")),
    ...scopes.map(async (scope) => {
      await mkdir(join(to, scope));
      await linkEach(join(from, scope), join(to, scope));
    }),
  ]);
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

/** The links in `.bin` are relative and hold in the copy as they are. */
const linkCommands = async (from: string, to: string) => {
  await mkdir(to);
  const names = await readdir(from);
  await Promise.all(names.map(async (name) => symlink(await readlink(join(from, name)), join(to, name))));
};

/** The dependencies that a `package.json` asks for, in a form to compare. @throws when it cannot be read */
export const dependenciesOf = async (directory: string): Promise<string> => {
  const manifest: unknown = JSON.parse(await readFile(join(directory, "package.json"), "utf8"));
  const { dependencies, devDependencies } = manifest as Record<string, Record<string, string> | undefined>;
  return JSON.stringify(
    Object.entries({ ...devDependencies, ...dependencies }).toSorted(([a], [b]) => a.localeCompare(b)),
  );
};
