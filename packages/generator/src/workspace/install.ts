import type { Check } from "@leo/core/artifact.ts";
import { cleanEnvironment } from "../process/environment.ts";
import { runCommand } from "../process/run-command.ts";
import type { RunPaths } from "../run-paths.ts";
import { dependenciesOf, ownModules } from "./template.ts";

const INSTALL_TIMEOUT_MS = 240_000;

/** Runs `npm install`, but only if the app's packages differ from the template's. */
export const installDependencies = async ({
  paths,
  templateDir,
  signal,
}: {
  paths: RunPaths;
  templateDir: string;
  signal: AbortSignal;
}): Promise<Check> => {
  const startedMs = performance.now();
  const check = (result: Check["result"], output?: string): Check => ({
    name: "install",
    result,
    durationMs: performance.now() - startedMs,
    output,
  });
  const [wanted, linked] = await Promise.all([readWanted(paths.workspace), dependenciesOf(templateDir)]);
  if (wanted instanceof Error) return check("failed", `package.json: ${wanted.message}`);
  if (wanted === linked) return check("skipped", "the dependencies did not change");
  await ownModules(templateDir, paths.workspace);
  const env = cleanEnvironment(paths);
  const result = await runCommand("npm", ["install", "--prefer-offline", "--no-progress"], {
    cwd: paths.workspace,
    env,
    timeoutMs: INSTALL_TIMEOUT_MS,
    signal,
  });
  return result.exitCode === 0 ? check("passed") : check("failed", result.output);
};

/** The agent may have broken the file, and has to hear about it. */
const readWanted = async (workspace: string): Promise<string | Error> => {
  try {
    return await dependenciesOf(workspace);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};
