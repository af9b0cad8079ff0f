import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { SetupError, say } from "./say.mjs";

export const ROOT = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  "../../..",
);

const exe = process.platform === "win32" ? "node.exe" : "node";

/** The project's own Node 24, an npm package. */
export const projectNode = () => path.join(ROOT, "node_modules/node/bin", exe);

/**
 * Runs a program, silently unless it fails.
 * @param {string} what said when it starts
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<void>}
 */
export const run = async (what, file, args, options = {}) => {
  say(`${what} …`);
  const startedAt = Date.now();
  const child = spawn(file, args, { cwd: ROOT, ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output += String(error);
      resolve(1);
    });
    child.on("close", resolve);
  });
  if (code !== 0) throw new SetupError(`${what} failed (exit code ${code}):\n${output.trim()}`);
  say(`${what}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
};

/**
 * How npm is started: the one that runs this script, else the one on the PATH. Not on the project's
 * own Node, which `npm ci` replaces.
 * @param {string[]} args
 * @returns {[file: string, args: string[]]}
 */
export const npmCommand = (args) => {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  if (npm && existsSync(npm)) return [node ?? process.execPath, [npm, ...args]];
  return [process.platform === "win32" ? "npm.cmd" : "npm", args];
};

/**
 * Runs npm.
 * @param {string} what
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export const runNpm = async (what, args, options = {}) => run(what, ...npmCommand(args), options);
