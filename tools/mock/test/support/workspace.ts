import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const TEMPLATE = fileURLToPath(new URL("../../../../packages/generator/template/", import.meta.url));
const run = promisify(execFile);

export interface Workspace {
  path: string;
  /** A HOME for the agent, beside the workspace. */
  home: string;
}

const copyTemplate = async (path: string) => {
  await cp(TEMPLATE, path, {
    recursive: true,
    filter: (source) => !["node_modules", "dist", ".vite"].includes(basename(source)),
  });
  await symlink(join(TEMPLATE, "node_modules"), join(path, "node_modules"));
};

const makeRoot = () => mkdtemp(join(tmpdir(), "leo-mock-"));

/** Makes a copy of the generator's template that shares its installed packages. */
export const createWorkspace = async (): Promise<Workspace & { remove: () => Promise<void> }> => {
  const root = await makeRoot();
  const [path, home] = [join(root, "workspace"), join(root, "home")];
  await mkdir(home);
  await copyTemplate(path);
  return { path, home, remove: () => rm(root, { recursive: true, force: true }) };
};

/**
 * Runs with one workspace a name, in one folder whose compiler settings cover them all: the compiler
 * then reads the libraries once for all apps.
 * @param use gets the workspaces, and the folder as one more
 */
export const withWorkspaces = async <T>(
  names: string[],
  use: (workspaces: Workspace[], all: Workspace) => Promise<T>,
): Promise<T> => {
  const root = await makeRoot();
  const home = join(root, "home");
  try {
    await mkdir(home);
    const workspaces = names.map((name) => ({ path: join(root, name), home }));
    await Promise.all(workspaces.map(({ path }) => copyTemplate(path)));
    await symlink(join(TEMPLATE, "node_modules"), join(root, "node_modules"));
    const settings = {
      extends: join(TEMPLATE, "tsconfig.json"),
      include: names.map((name) => `${name}/src`),
    };
    await writeFile(join(root, "tsconfig.json"), JSON.stringify(settings));
    return await use(workspaces, { path: root, home });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

/** Runs with a workspace of its own. */
export const withWorkspace = async <T>(use: (workspace: Workspace) => Promise<T>): Promise<T> => {
  const workspace = await createWorkspace();
  try {
    return await use(workspace);
  } finally {
    await workspace.remove();
  }
};

const runNode = async (what: string, cwd: string, args: string[]) => {
  const { stdout, stderr } = await run(process.execPath, args, { cwd }).catch((error: unknown) => {
    const output = error as { stdout?: string; stderr?: string };
    throw new Error(`${what} failed:\n${output.stdout}${output.stderr}`, { cause: error });
  });
  return stdout + stderr;
};

/** @throws with the compiler's output when the types are wrong */
export const typecheck = ({ path }: Workspace) =>
  runNode("typecheck", path, [join(path, "node_modules/typescript/bin/tsc"), "--noEmit"]);

/** Loads the bundler once for all folders. */
const BUILD_EACH = `
const [vite, ...folders] = process.argv.slice(1);
const { build } = await import(vite);
for (const folder of folders) {
  process.chdir(folder);
  await build({ root: folder, configLoader: "native", logLevel: "warn" });
}`;

/** Builds each into its `dist/`. @throws with the bundler's output when one fails */
export const build = (...workspaces: Workspace[]) => {
  const vite = join(TEMPLATE, "node_modules/vite/dist/node/index.js");
  const folders = workspaces.map(({ path }) => path);
  return runNode("build", TEMPLATE, ["--input-type=module", "-e", BUILD_EACH, vite, ...folders]);
};
