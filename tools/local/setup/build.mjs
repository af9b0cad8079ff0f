/** Builds what is run as built, when a source is newer: the web UI, and the programs of a generator's task. */
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { ROOT, runNpm } from "./run.mjs";

const SHARED = [path.join(ROOT, "packages/core/src"), path.join(ROOT, "package-lock.json")];
const SKIPPED = new Set(["dist", "node_modules", "test", "template"]);

/**
 * Newest change below a path. Directories count, so that a deleted file does.
 * @param {string} file
 * @param {boolean} isPackage `dist` is written into the package's own directory, so that one's own time says nothing
 * @returns {number} milliseconds
 */
const newestMs = (file, isPackage = false) => {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const names = readdirSync(file).filter((name) => !SKIPPED.has(name));
  return Math.max(isPackage ? 0 : stat.mtimeMs, ...names.map((name) => newestMs(path.join(file, name))));
};

/**
 * @param {string} name of the package
 * @param {string} result what its build writes, in its `dist`
 * @param {string} what for a person
 */
const build = async (name, result, what) => {
  const folder = path.join(ROOT, "packages", name);
  const built = path.join(folder, "dist", result);
  const newest = Math.max(newestMs(folder, true), ...SHARED.map((file) => newestMs(file)));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  // A run of tests has an environment of its own, in which React would be built in its slow form for development.
  const env = { ...process.env, NODE_ENV: "production" };
  await runNpm(`building ${what}`, ["run", "build", "-w", `packages/${name}`], { env });
};

export const buildWeb = () => build("web", "index.html", "the web UI");

export const buildGenerator = () => build("generator", "main.js", "the generator");
