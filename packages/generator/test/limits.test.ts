import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { AgentCrash } from "../src/agent/agent.ts";
import { failureOfError } from "../src/agent/turn-failure.ts";
import { findPassedLimit, watchLimits, type LimitOptions } from "../src/limits/watch.ts";
import { cleanEnvironment } from "../src/process/environment.ts";
import { findFamily, killFamily } from "../src/process/family.ts";
import { readProcessLimit, spawnLimited } from "../src/process/limited.ts";
import { runCommand } from "../src/process/run-command.ts";
import type { RunPaths } from "../src/workspace/paths.ts";
import { manualClock } from "./support/manual-clock.ts";
import { withRunPaths } from "./support/run-paths.ts";
import { until } from "./support/until.ts";

const limits = (paths: RunPaths, change: Partial<LimitOptions> = {}): LimitOptions => ({
  paths,
  maxBytes: 1_000,
  maxFiles: 3,
  maxProcesses: 3,
  minFreeBytes: 1,
  clock: manualClock(),
  logger: pino({ level: "silent" }),
  onPassed: () => undefined,
  ...change,
});

test("each limit is told by its own sentence", () =>
  withRunPaths(async (paths) => {
    await mkdir(join(paths.workspace, "src"));
    for (const name of ["a", "b", "src/c"]) await writeFile(join(paths.workspace, name), "x".repeat(100));
    expect(await findPassedLimit(limits(paths))).toBeUndefined();
    const passed = await Promise.all([
      findPassedLimit(limits(paths, { maxFiles: 2 })),
      findPassedLimit(limits(paths, { maxBytes: 299 })),
      findPassedLimit(limits(paths, { minFreeBytes: Number.MAX_SAFE_INTEGER })),
    ]);
    expect(passed.map((failure) => failure?.detail)).toEqual([
      "workspace limit: 3 files, 2 are allowed",
      "workspace limit: 300 bytes, 299 are allowed",
      expect.stringMatching(/^disk limit: \d+ bytes are free/),
    ]);
    expect(new Set(passed.map((failure) => failure?.message)).size).toBe(2);
  }));

test("the watch looks every two seconds and speaks once", () =>
  withRunPaths(async (paths) => {
    const clock = manualClock();
    const told: (string | undefined)[] = [];
    const stop = watchLimits(limits(paths, { clock, onPassed: ({ detail }) => told.push(detail) }));
    const look = async () => {
      clock.advance(2_000);
      await until(() => clock.delays().length === 1 || told.length > 0);
    };
    await look();
    expect(told).toEqual([]);
    await writeFile(join(paths.workspace, "large"), "x".repeat(2_000));
    await look();
    clock.advance(10_000);
    expect(told).toHaveLength(1);
    stop();
  }));

test("the processes of a run are found by their HOME and killed, detached ones too", () =>
  withRunPaths(async (paths) => {
    const env = cleanEnvironment(paths);
    const shell = spawn("/bin/bash", ["-c", "for i in 1 2 3 4; do setsid sleep 300 & done; wait"], {
      env,
      stdio: "ignore",
      detached: true,
    });
    const ended = once(shell, "exit");
    await until(async () => (await findFamily(paths.home)).length >= 5);
    expect((await findPassedLimit(limits(paths)))?.detail).toMatch(/processes limit/);
    await killFamily(paths.home);
    await ended;
    expect(await findFamily(paths.home)).toEqual([]);
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
    expect(await readProcessLimit()).toBeGreaterThan(1_500);
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
  expect(failureOfError(fullDisk)).toMatchObject({ message: expect.stringContaining("disk") });
  expect(failureOfError(new AgentCrash("gone")).code).toBe("agent_error");
  expect(failureOfError(new AgentCrash("quiet", true)).code).toBe("stalled");
  expect(failureOfError(new Error("what?")).code).toBe("internal");
});
