/** Builds the web UI when a source is newer than what was built. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { ROOT, runNpm } from "./run.mjs";

const WEB = path.join(ROOT, "packages/web");
const SOURCES = [WEB, path.join(ROOT, "packages/core/src"), path.join(ROOT, "package-lock.json")];
const SKIPPED = new Set(["dist", "node_modules", "test"]);

/**
 * Newest change below a path. Directories count, so that a deleted file does.
 * @param {string} file
 * @returns {number} milliseconds
 */
const newestMs = (file) => {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const names = readdirSync(file).filter((name) => !SKIPPED.has(name));
  // `dist` is written into the package's own directory, so that one's own time says nothing.
  const own = file === WEB ? 0 : stat.mtimeMs;
  return Math.max(own, ...names.map((name) => newestMs(path.join(file, name))));
};

const canBuild = () => {
  const manifest = path.join(WEB, "package.json");
  return existsSync(manifest) && Boolean(JSON.parse(readFileSync(manifest, "utf8")).scripts?.build);
};

export const buildWeb = async () => {
  if (!canBuild()) return;
  const page = path.join(WEB, "dist/index.html");
  if (existsSync(page) && statSync(page).mtimeMs >= Math.max(...SOURCES.map(newestMs))) return;
  await runNpm("building the web UI", ["run", "build", "-w", "packages/web"]);
};
