/**
 * Checks the app outside the model: install if its dependencies changed, type check, build, load in
 * a browser. The agent has no part in the result.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "@leo/core/artifact.ts";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { cleanEnvironment } from "../process/environment.ts";
import { runCommand } from "../process/run-command.ts";
import { installDependencies } from "../workspace/install.ts";
import type { RunPaths } from "../workspace/paths.ts";
import type { RunBrowser } from "./browser.ts";
import { outputDirectory, smokeTest } from "./smoke.ts";

const TYPECHECK_TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 180_000;

export interface Verification {
  passed: boolean;
  checks: Check[];
  screenshot?: Buffer;
}

export interface VerifyOptions {
  paths: RunPaths;
  templateDir: string;
  /** The smoke test is skipped where there is none. */
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
 * Runs all checks that can run: one that failed skips those that need its result.
 * @throws when the signal aborts
 */
export const verify = async (options: VerifyOptions): Promise<Verification> => {
  options.browser.warm();
  const install = await installDependencies(options);
  options.signal.throwIfAborted();
  const tools = install.result === "failed" ? notBuilt("the dependencies are missing") : await build(options);
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

/** Type check and build at once: neither needs the other's result. */
const build = async ({ paths, signal }: VerifyOptions): Promise<Check[]> => {
  await rm(outputDirectory(paths), { recursive: true, force: true });
  const command = async (
    name: Check["name"],
    tool: string,
    args: string[],
    timeoutMs: number,
  ): Promise<Check> => {
    const path = join(paths.workspace, "node_modules/.bin", tool);
    const env = cleanEnvironment(paths);
    const result = await runCommand(path, args, { cwd: paths.workspace, env, timeoutMs, signal });
    const passed = result.exitCode === 0;
    const output = result.timedOut ? `${result.output}\nEnded after ${timeoutMs / 1_000} s.` : result.output;
    return {
      name,
      result: passed ? "passed" : "failed",
      durationMs: result.durationMs,
      ...(passed ? {} : { output: output.trim() || `exit ${result.exitCode ?? "by signal"}` }),
    };
  };
  return Promise.all([
    command("typecheck", "tsc", ["--noEmit"], TYPECHECK_TIMEOUT_MS),
    command("build", "vite", ["build", "--logLevel", "warn"], BUILD_TIMEOUT_MS),
  ]);
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
  const { passed, output, screenshot } = await smokeTest(running, outputDirectory(paths), preview);
  const durationMs = performance.now() - startedMs;
  return { check: { name: "smoke", result: passed ? "passed" : "failed", durationMs, output }, screenshot };
};
