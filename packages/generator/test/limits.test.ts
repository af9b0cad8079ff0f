import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { AgentCrash } from "../src/agent/agent.ts";
import { failureOfError } from "../src/generation/turn-failure.ts";
import { findOutputLimit } from "../src/limits/output.ts";
import { findPassedLimit, watchLimits, type RunLimits } from "../src/limits/watch.ts";
import { cleanEnvironment } from "../src/process/environment.ts";
import { findFamily, killFamily } from "../src/process/family.ts";
import { readProcessLimit, spawnLimited } from "../src/process/limited.ts";
import { runCommand } from "../src/process/run-command.ts";
import { manualClock } from "./support/manual-clock.ts";
import { withRunPaths } from "./support/run-paths.ts";
import { withSandbox } from "./support/sandbox.ts";
import { until } from "./support/until.ts";

const limits = (change: Partial<RunLimits> = {}): RunLimits => ({
  maxBytes: 1_000,
  maxFiles: 3,
  maxProcesses: 3,
  minFreeBytes: 1,
  ...change,
});

test("each limit has a code and a sentence of its own", () =>
  withSandbox(async (sandbox, paths) => {
    await mkdir(join(paths.workspace, "src"));
    for (const name of ["a", "b", "src/c"]) await writeFile(join(paths.workspace, name), "x".repeat(100));
    expect(await findPassedLimit(sandbox, limits())).toBeUndefined();
    const passed = await Promise.all([
      findPassedLimit(sandbox, limits({ maxFiles: 2 })),
      findPassedLimit(sandbox, limits({ maxBytes: 299 })),
      findPassedLimit(sandbox, limits({ minFreeBytes: Number.MAX_SAFE_INTEGER })),
    ]);
    expect(passed).toMatchObject([
      { code: "too_many_files", detail: "3 files, 2 are allowed" },
      { code: "workspace_too_large", detail: "300 bytes, 299 are allowed" },
      { code: "disk_full", detail: expect.stringMatching(/^\d+ bytes are free/) },
    ]);
    expect(new Set(passed.map((failure) => failure?.message)).size).toBe(3);
  }));

test("a build that a version cannot hold whole is refused; one file over 10 MB is left out", () =>
  withSandbox(async (sandbox, paths) => {
    expect(await findOutputLimit(sandbox, 1_000)).toBeUndefined();
    await mkdir(join(paths.workspace, "dist"));
    await writeFile(join(paths.workspace, "app.ts"), "x".repeat(400));
    await writeFile(join(paths.workspace, "dist/app.js"), "x".repeat(600));
    await writeFile(join(paths.workspace, "dist/film.mp4"), Buffer.alloc(LIMITS.fileMaxBytes + 1));
    expect(await findOutputLimit(sandbox, 1_000)).toBeUndefined();
    expect(await findOutputLimit(sandbox, 999)).toMatchObject({
      code: "output_too_large",
      detail: "source and build have 1000 bytes, 999 are allowed",
    });
    const names = Array.from({ length: LIMITS.artifactMaxFiles }, (_, index) => `dist/${index}`);
    for (const name of names) await writeFile(join(paths.workspace, name), "");
    expect(await findOutputLimit(sandbox, 1_000)).toMatchObject({
      code: "output_too_large",
      detail: "the build has 5001 files, 5000 are allowed",
    });
  }));

test("the watch looks every two seconds and speaks once", () =>
  withSandbox(async (sandbox, paths) => {
    const clock = manualClock();
    const told: string[] = [];
    const stop = watchLimits({
      sandbox,
      limits: limits(),
      clock,
      logger: pino({ level: "silent" }),
      onPassed: ({ code }) => told.push(code),
    });
    const look = async () => {
      clock.advance(2_000);
      await until(() => clock.delays().length === 1 || told.length > 0);
    };
    await look();
    expect(told).toEqual([]);
    await writeFile(join(paths.workspace, "large"), "x".repeat(2_000));
    await look();
    clock.advance(10_000);
    expect(told).toEqual(["workspace_too_large"]);
    stop();
  }));

test("the processes of a run are found by their HOME and killed, detached ones too", () =>
  withSandbox(async (sandbox, paths) => {
    const env = cleanEnvironment(paths);
    const shell = spawn("/bin/bash", ["-c", "for i in 1 2 3 4; do setsid sleep 300 & done; wait"], {
      env,
      stdio: "ignore",
      detached: true,
    });
    const ended = once(shell, "exit");
    await until(async () => (await findFamily(paths.home)).length >= 5);
    expect(await findPassedLimit(sandbox, limits())).toMatchObject({ code: "process_limit" });
    await killFamily(paths.home);
    await ended;
    expect(await findFamily(paths.home)).toEqual([]);
  }));

test("each look counts every process, also those that start another program at that moment", () =>
  withRunPaths(async (paths) => {
    // Four shells, each of which does nothing but replace itself.
    const env = { ...cleanEnvironment(paths), AGAIN: 'exec /bin/bash -c "$AGAIN"' };
    const script = 'for i in 1 2 3 4; do /bin/bash -c "$AGAIN" & done; wait';
    const shell = spawn("/bin/bash", ["-c", script], { env, stdio: "ignore", detached: true });
    const ended = once(shell, "exit");
    const look = async () => (await findFamily(paths.home)).length;
    await until(async () => (await look()) === 5);
    const counts: number[] = [];
    while (counts.length < 50) counts.push(await look());
    expect(new Set(counts)).toEqual(new Set([5]));
    await killFamily(paths.home);
    await ended;
    expect(await look()).toBe(0);
  }));

test("a command runs with limits on file size, cores and processes", () =>
  withRunPaths(async (paths) => {
    const child = spawnLimited(
      "/bin/bash",
      ["-c", "ulimit -c; ulimit -f; ulimit -u"],
      { cwd: paths.workspace, env: cleanEnvironment(paths), stdio: ["ignore", "pipe", "inherit"] },
      4_321,
    );
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(child, "close");
    expect(output.split("\n").slice(0, 3)).toEqual(["0", "1048576", "4321"]);
    expect(readProcessLimit()).toBeGreaterThan(1_500);
  }));

/** The kernel exempts root from the limit: where the tests run as root, another user starts the bomb. */
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

test("a fork bomb meets the limit on processes, and all of it is ended", () =>
  withRunPaths(async (paths) => {
    const limit = isRoot ? 40 : readProcessLimit();
    const bomb = spawnLimited(
      "/bin/bash",
      ["-c", "while :; do sleep 300 & done"],
      {
        cwd: "/",
        env: cleanEnvironment(paths),
        stdio: ["ignore", "ignore", "pipe"],
        ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
      },
      limit,
    );
    const [said] = (await once(bomb.stderr as Readable, "data")) as [Buffer];
    expect(said.toString()).toMatch(/fork: .*Resource temporarily unavailable/);
    const family = await findFamily(paths.home);
    expect(family.length).toBeGreaterThan(10);
    expect(family.length).toBeLessThanOrEqual(limit);
    await killFamily(paths.home);
    expect(await findFamily(paths.home)).toEqual([]);
  }));

test("a command that does not end, or leaves others behind, is ended with its group", () =>
  withRunPaths(async (paths) => {
    const run = (script: string, timeoutMs: number, signal = new AbortController().signal) =>
      runCommand("/bin/bash", ["-c", script], {
        cwd: paths.root,
        env: cleanEnvironment(paths),
        timeoutMs,
        signal,
      });
    expect(await run("echo begun; sleep 300", 300)).toMatchObject({ timedOut: true, output: "begun\n" });
    expect(await run("sleep 300 & echo done", 20_000)).toMatchObject({ exitCode: 0, output: "done\n" });
    const stop = new AbortController();
    const stopped = run("sleep 300", 20_000, stop.signal);
    await until(async () => (await findFamily(paths.home)).length > 0);
    stop.abort();
    expect((await stopped).exitCode).toBeUndefined();
    expect(await findFamily(paths.home)).toEqual([]);
  }));

test("a full disk and an agent that crashed or fell silent end a run differently", () => {
  const fullDisk = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(failureOfError(fullDisk).code).toBe("disk_full");
  expect(failureOfError(new AgentCrash("gone")).code).toBe("agent_error");
  expect(failureOfError(new AgentCrash("quiet", "stalled")).code).toBe("stalled");
  expect(failureOfError(new Error("what?")).code).toBe("internal");
});
