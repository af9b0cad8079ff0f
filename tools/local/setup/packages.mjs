/** Installs what the lock file names, when what is installed is something else. */
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { projectNode, ROOT, runNpm } from "./run.mjs";
import { SetupError } from "./say.mjs";

/** @param {string} file */
const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages ?? {};

/**
 * Whether every package of the lock file is installed in its version. npm leaves out optional packages of
 * other platforms, and nothing else.
 * @param {Record<string, any>} locked
 * @param {Record<string, any>} installed
 */
const sameVersions = (locked, installed) =>
  Object.entries(locked).every(([name, { version, link, resolved, optional, devOptional, peer }]) => {
    if (name === "" || !name.includes("node_modules/")) return true;
    const found = installed[name];
    if (!found) return Boolean(optional || devOptional || peer);
    return link ? found.resolved === resolved : found.version === version;
  });

/**
 * @param {string} directory of package.json and package-lock.json
 * @returns {boolean}
 */
export const isInstalled = (directory) => {
  const lock = path.join(directory, "package-lock.json");
  const hidden = path.join(directory, "node_modules/.package-lock.json");
  if (!existsSync(hidden)) return false;
  if (statSync(lock).mtimeMs <= statSync(hidden).mtimeMs) return true;
  if (!sameVersions(packagesOf(lock), packagesOf(hidden))) return false;
  // A checkout or a pull touched the lock file and changed nothing that matters: next time look no further.
  const now = new Date();
  utimesSync(hidden, now, now);
  return true;
};

const CI = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];

/** The workspaces' packages and the project's own Node. */
export const installProject = async () => {
  if (!isInstalled(ROOT)) await runNpm("installing packages (npm ci)", CI);
  if (existsSync(projectNode())) return;
  throw new SetupError(
    "The project's own Node 24 is missing: npm has not run install scripts. Run: npm ci --ignore-scripts=false",
  );
};

const RIVALS = path.join(ROOT, "tools/bench/rivals");

/**
 * What the benchmarks compare Leo with: outside of the workspaces, so that only `npm run bench` installs it.
 * @throws {SetupError} with what npm said
 */
export const installRivals = async () => {
  if (isInstalled(RIVALS)) return;
  await runNpm("installing the benchmarks' rivals (npm ci)", CI, { cwd: RIVALS });
};

/** The packages of generated apps, installed once and linked into every workspace. */
export const installTemplate = async () => {
  const directory = path.join(ROOT, "packages/generator/template");
  if (!existsSync(path.join(directory, "package-lock.json")) || isInstalled(directory)) return;
  await runNpm("installing the packages of generated apps (npm ci)", CI, { cwd: directory });
};
