/** A checkout as a person has it who cloned and installed, and did nothing else. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../src/start/settings.ts";

const run = promisify(execFile);

/** Links what is installed in a folder of this checkout; caches and the workspace's own packages are left out. */
const linkInstalled = async (clone: string, folder: string): Promise<void> => {
  const [from, to] = [path.join(ROOT, folder, "node_modules"), path.join(clone, folder, "node_modules")];
  if (!existsSync(from)) return;
  const names = (await readdir(from)).filter((name) => name !== "@leo" && !/^\.(cache|vite)/.test(name));
  await mkdir(to, { recursive: true });
  await Promise.all(names.map((name) => symlink(path.join(from, name), path.join(to, name))));
};

const linkPackages = async (clone: string): Promise<void> => {
  const [from, to] = [path.join(ROOT, "node_modules/@leo"), path.join(clone, "node_modules/@leo")];
  const workspaces = await Promise.all(
    (await readdir(from)).map(async (name) => {
      const folder = path.relative(ROOT, await realpath(path.join(from, name)));
      return { name, folder };
    }),
  );
  // The template's packages too: installing them takes a registry.
  const folders = [".", "packages/generator/template", ...workspaces.map(({ folder }) => folder)];
  await Promise.all(folders.map((folder) => linkInstalled(clone, folder)));
  await mkdir(to, { recursive: true });
  await Promise.all(
    workspaces.map(({ name, folder }) => symlink(path.join(clone, folder), path.join(to, name))),
  );
};

/** Runs with what `git clone` and a bare `npm ci` leave: no dist and no caches. */
export const withClone = async (work: (clone: string) => Promise<void>): Promise<void> => {
  const clone = await mkdtemp(path.join(tmpdir(), "leo-clone-"));
  try {
    const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
      maxBuffer: 16 * 1024 * 1024,
    });
    const files = stdout.split("\0").filter(Boolean);
    await Promise.all(files.map((file) => cp(path.join(ROOT, file), path.join(clone, file))));
    await linkPackages(clone);
    // npm notes what it installed after the lock file was there.
    const past = new Date("2026-01-01");
    for (const folder of [".", "packages/generator/template"])
      await utimes(path.join(clone, folder, "package-lock.json"), past, past);
    await work(clone);
  } finally {
    await rm(clone, { recursive: true, force: true, maxRetries: 5 });
  }
};
