/**
 * Checks the app independently of the agent: install if its dependencies changed, type check, build, load in a
 * browser.
 */
import { rename, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "@leo/core/artifact.ts";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { cleanEnvironment } from "../process/environment.ts";
import { runCommand } from "../process/run-command.ts";
import { installDependencies } from "../workspace/install.ts";
import { outputDirectory, type RunPaths } from "../run-paths.ts";
import type { RunBrowser } from "./browser.ts";
import { smokeTest } from "./smoke.ts";
import { moveSourceMaps } from "./source-maps.ts";
import { leftOutNote, leftOutOf, stageVersion } from "./stage.ts";
import { unbuiltPages } from "./unbuilt-pages.ts";

const TYPECHECK_TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 180_000;

/** The result of one round of checks. */
export interface Verification {
  passed: boolean;
  checks: Check[];
  screenshot?: Buffer;
}

export interface VerifyOptions {
  paths: RunPaths;
  templateDir: string;
  /** The smoke test is skipped if there is none. */
  browser: RunBrowser;
  /** How people will see the app. */
  preview: PreviewConditions;
  signal: AbortSignal;
}

const skipped = (name: Check["name"], output: string): Check => ({
  name,
  result: "skipped",
  durationMs: 0,
  output,
});

/**
 * Runs every check that can run. A failed check skips those that need its result.
 * @throws when the signal aborts
 */
export const verify = async (options: VerifyOptions): Promise<Verification> => {
  options.browser.warm();
  const install = await installDependencies(options);
  options.signal.throwIfAborted();
  const tools =
    install.result === "failed"
      ? notBuilt("the dependencies are missing")
      : await build(options, install.result === "passed");
  options.signal.throwIfAborted();
  const built = tools.some(({ name, result }) => name === "build" && result === "passed");
  const smoke = built ? await smokeCheck(options) : { check: skipped("smoke", "nothing was built") };
  const checks = [install, ...tools, smoke.check];
  return {
    passed: checks.every((check) => check.result !== "failed"),
    checks,
    screenshot: smoke.screenshot,
  };
};

const notBuilt = (why: string): Check[] => [skipped("typecheck", why), skipped("build", why)];

const mapsDirectory = (paths: RunPaths) => join(paths.temporary, "source-maps");

/**
 * Runs type check and build concurrently. Both use exactly what the version will hold, so that they will pass again
 * in the next run, which starts from that version.
 */
const build = async (
  { paths, templateDir, signal }: VerifyOptions,
  ownPackages: boolean,
): Promise<Check[]> => {
  const output = outputDirectory(paths);
  await rm(output, { recursive: true, force: true });
  const directory = await stageVersion(paths, templateDir, ownPackages);
  const note = leftOutNote(await leftOutOf(paths));
  const command = async (
    name: Check["name"],
    tool: string,
    args: string[],
    timeoutMs: number,
  ): Promise<Check> => {
    const path = join(directory, "node_modules/.bin", tool);
    const env = cleanEnvironment(paths);
    const result = await runCommand(path, args, { cwd: directory, env, timeoutMs, signal });
    const passed = result.exitCode === 0;
    const said = result.timedOut ? `${result.output}\nEnded after ${timeoutMs / 1_000} s.` : result.output;
    const text = said.replaceAll(directory, paths.workspace).trim();
    const report = [text || `exit ${result.exitCode ?? "by signal"}`, note].filter(Boolean).join("\n\n");
    return {
      name,
      result: passed ? "passed" : "failed",
      durationMs: result.durationMs,
      ...(passed ? {} : { output: report }),
    };
  };
  const checks = await Promise.all([
    command("typecheck", "tsc", ["--noEmit"], TYPECHECK_TIMEOUT_MS),
    command("build", "vite", ["build", "--logLevel", "warn", "--sourcemap", "hidden"], BUILD_TIMEOUT_MS),
  ]);
  await keepOutput(paths, directory);
  return checks;
};

/** Moves the build's output into place without the source maps, and removes the rest. */
const keepOutput = async (paths: RunPaths, directory: string): Promise<void> => {
  const built = join(directory, "dist");
  await moveSourceMaps(built, mapsDirectory(paths), join(directory, "public"));
  if (existsSync(built)) await rename(built, outputDirectory(paths));
  await rm(directory, { recursive: true, force: true });
};

const smokeCheck = async ({
  browser,
  paths,
  preview,
}: VerifyOptions): Promise<{ check: Check; screenshot?: Buffer }> => {
  if (!browser.exists) return { check: skipped("smoke", "there is no browser on this machine") };
  const running = await browser.open();
  if (running instanceof Error) {
    return { check: skipped("smoke", `the browser did not start: ${running.message}`) };
  }
  const startedMs = performance.now();
  const dist = outputDirectory(paths);
  const maps = mapsDirectory(paths);
  const { output: seen, screenshot } = await smokeTest(running, dist, { preview, maps });
  const wrong = [await unbuiltPages(paths), seen].filter(Boolean).join("\n");
  // A missing file may be one that the version can't hold.
  const output = wrong
    ? [wrong, leftOutNote(await leftOutOf(paths))].filter(Boolean).join("\n\n")
    : undefined;
  const durationMs = performance.now() - startedMs;
  return { check: { name: "smoke", result: output ? "failed" : "passed", durationMs, output }, screenshot };
};
