import { appendFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { signalProcess } from "../src/processes/kill-tree.ts";
import { until } from "../src/testing/until.ts";
import {
  agentAtWork,
  signedIn,
  SLOW_MODEL,
  stillAlive,
  withPlace,
  type NpmStart,
  type Place,
} from "./start-helpers.ts";

// Whole runs of Leo, several in a test, beside whatever else the machine does.
vi.setConfig({ testTimeout: 240_000 });

const STOP_MS = 5_000;

const expectGone = (processes: ReadonlyMap<number, string>) =>
  until("all processes gone", async () => (await stillAlive(processes)).length === 0, STOP_MS + 1_000);

/** It ended by itself, saying so in one sentence. */
const expectRefused = async (started: NpmStart, sentence: string | RegExp, exitCode = 1) => {
  expect(await started.exited).toBe(exitCode);
  expect(started.output()).toMatch(sentence);
  expect(started.output()).not.toMatch(/^\s+at /m);
};

const refusesSecondRun = async ({ npmStart }: Place, url: string) => {
  await expectRefused(npmStart(), "Leo already runs from");
  expect((await fetch(`${url}/health`)).status).toBe(200);
};

const restartsItsOrchestrator = async (started: NpmStart) => {
  const run = await started.ready();
  signalProcess(run.pids.orchestrator ?? 0, "SIGKILL");
  await until("the sentence", () => started.output().includes("The orchestrator runs again."), 30_000);
  expect(started.output()).toContain("The orchestrator ended unexpectedly (signal SIGKILL)");
  expect((await fetch(`${run.url}/health`)).status).toBe(200);
  const again = await started.ready();
  expect(again.pids.orchestrator).not.toBe(run.pids.orchestrator);
};

const restartsItsDatabase = async (started: NpmStart) => {
  const run = await started.ready();
  const call = await signedIn(run);
  const { app } = await call<{ app: { id: string } }>("POST", "/api/apps", { prompt: "a todo list" });
  signalProcess(run.pids.postgres ?? 0, "SIGKILL");
  await until("the sentence", () => started.output().includes("PostgreSQL runs again."), 60_000);
  expect(started.output()).toContain("PostgreSQL ended unexpectedly (signal SIGKILL)");
  expect(started.output()).not.toMatch(/^\s+at /m);
  const again = await started.ready();
  expect(again.pids.postgres).not.toBe(run.pids.postgres);
  await until("the orchestrator", async () => (await fetch(`${run.url}/health`)).status === 200, 60_000);
  // What was stored a moment before is there.
  expect(await (await signedIn(again))("GET", `/api/apps/${app.id}`)).toMatchObject({ app: { id: app.id } });
  await (
    await signedIn(again)
  )("DELETE", `/api/apps/${app.id}`);
};

test("npm start serves one URL until Ctrl-C, which ends everything within 5 s and keeps the data", async () => {
  await withPlace(async (place) => {
    const { port, npmStart } = place;
    const first = npmStart([], SLOW_MODEL);
    const run = await first.ready();
    expect(first.output().match(/https?:\/\/\S+/g)).toEqual([`http://localhost:${port}`]);
    expect(first.output()).toContain("Demo model (leo-mock)");
    expect(await (await fetch(`${run.url}/health`)).json()).toMatchObject({ status: "ok" });
    const page = await fetch(run.url);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await (await signedIn(run))("GET", "/api/config")).toMatchObject({ mode: "local" });
    await refusesSecondRun(place, run.url);
    await restartsItsOrchestrator(first);
    await restartsItsDatabase(first);

    const generationId = await agentAtWork(run);
    const processes = await first.processes();
    const pressedAt = performance.now();
    first.pressCtrlC();
    await first.exited;
    expect(performance.now() - pressedAt).toBeLessThan(STOP_MS);
    expect(await stillAlive(processes)).toEqual([]);

    const second = npmStart([], { ANTHROPIC_API_KEY: "sk-ant-test-only" });
    const secondRun = await second.ready();
    const call = await signedIn(secondRun);
    expect(await call("GET", `/api/generations/${generationId}`)).toMatchObject({ prompt: "a todo list" });
    // With a key in the environment the model is the real one, and the run says so.
    expect(second.output()).toContain("Claude, with the ANTHROPIC_API_KEY of this shell");
    expect(secondRun.endpoints).not.toHaveProperty("model");
    expect(JSON.stringify(await call("GET", "/api/config"))).not.toContain("sk-ant-test-only");
  });
});

test("kill -9 of the entry or of npm in the middle of a generation leaves no process; --fresh begins anew", async () => {
  await withPlace(async ({ dataDir, npmStart }) => {
    let generationId = "";
    for (const victim of ["the entry", "npm"]) {
      const started = npmStart([], SLOW_MODEL);
      const run = await started.ready();
      generationId = await agentAtWork(run);
      const processes = await started.processes();
      expect(processes.size).toBeGreaterThan(10);
      signalProcess(victim === "npm" ? (started.npm.pid ?? 0) : run.pid, "SIGKILL");
      await expectGone(processes);
    }
    await writeFile(path.join(dataDir, "postgres/global/pg_control"), "");
    await expectRefused(npmStart(), /The database in .*postgres is damaged .*npm start -- --fresh/);
    await appendFile(path.join(dataDir, "auth.json"), "}");
    const fresh = await signedIn(await npmStart(["--fresh"]).ready());
    await expect(fresh("GET", `/api/generations/${generationId}`)).rejects.toThrow("404");
  });
});

test("a taken port is one sentence and exit code 1", async () => {
  await withPlace(async ({ port, npmStart }) => {
    const other = createServer().listen(port, "127.0.0.1");
    await expectRefused(
      npmStart(),
      `Port ${port} is taken by another program. Stop it, or choose another port: PORT=${port + 1} npm start`,
    );
    other.close();
  });
});

test("a mistyped option starts nothing and is one sentence", async () => {
  await withPlace(({ npmStart }) =>
    expectRefused(npmStart(["--frsh"]), "Unknown option --frsh. Did you mean --fresh?", 2),
  );
});

test("a data directory that cannot be made is one sentence", async () => {
  await withPlace(async ({ dataDir, npmStart }) => {
    await writeFile(path.join(dataDir, "file"), "");
    const below = { LEO_DATA_DIR: path.join(dataDir, "file/below") };
    await expectRefused(npmStart([], below), /Leo keeps its data in .*file\/below/);
  });
});
