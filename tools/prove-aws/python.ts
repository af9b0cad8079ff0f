/** moto and cfn-lint in a virtual environment of their own, under node_modules/.cache. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../plan/graph/install-platform.ts";

const execute = promisify(execFile);
const REQUIREMENTS = path.join(import.meta.dirname, "requirements.txt");
const INSTALL_MS = 20 * 60_000;

/** What is missing, in one sentence. */
export class MissingPython extends Error {
  override name = "MissingPython";
}

const hashOf = async () =>
  createHash("sha256")
    .update(await readFile(REQUIREMENTS))
    .digest("hex")
    .slice(0, 12);

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

const makeEnvironment = async (folder: string): Promise<void> => {
  try {
    await execute("python3", ["-m", "venv", folder]);
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: string; stdout?: string; stderr?: string };
    if (code === "ENOENT") {
      throw new MissingPython("prove:aws needs Python 3.9 or newer, and there is no python3 in PATH.");
    }
    throw new MissingPython(
      `python3 cannot make a virtual environment; install Python's venv and pip (Debian: python3-venv). It said: ${lastLine(stderr || stdout)}`,
    );
  }
};

const install = async (folder: string): Promise<void> => {
  const pip = path.join(folder, "bin/pip");
  try {
    await execute(pip, ["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS], {
      timeout: INSTALL_MS,
    });
  } catch (error) {
    const { killed, stderr = "" } = error as { killed?: boolean; stderr?: string };
    const why = killed ? `no answer within ${INSTALL_MS / 60_000} minutes` : lastLine(stderr);
    throw new MissingPython(
      `pip could not install moto and cfn-lint; is the Python package registry reachable? It said: ${why}`,
    );
  }
};

/**
 * Installs what is pinned in requirements.txt, once for each version of that file.
 * @returns the folder with the programs
 * @throws MissingPython
 */
export const ensurePython = async (say: (sentence: string) => void): Promise<string> => {
  const folder = path.join(ROOT, "node_modules/.cache/leo-prove-aws", await hashOf());
  const done = path.join(folder, "installed");
  if (existsSync(done)) return path.join(folder, "bin");
  say("Installing moto and cfn-lint (once, a minute or two) …");
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await makeEnvironment(folder);
  await install(folder);
  await writeFile(done, "");
  return path.join(folder, "bin");
};
