import { appendFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { signalProcess } from "../src/processes/kill-tree.ts";
import { until } from "../src/testing/until.ts";
import { agentAtWork, signedIn, SLOW_MODEL, stillAlive, withPlace } from "./start-helpers.ts";

// Whole runs of Leo, several in a test, beside whatever else the machine does.
vi.setConfig({ testTimeout: 180_000 });

const STOP_MS = 5_000;

test("npm start prints one URL, serves the page there, and refuses a second run in one sentence", async () => {
  await withPlace(async ({ port, npmStart }) => {
    const first = npmStart();
    const run = await first.ready();
    expect(first.output().match(/https?:\/\/\S+/g)).toEqual([`http://localhost:${port}`]);
    expect(first.output()).toContain("scripted");
    expect(await (await fetch(`${run.url}/health`)).json()).toMatchObject({ status: "ok" });
    const page = await fetch(run.url);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await (await signedIn(run))("GET", "/api/config")).toMatchObject({ mode: "local" });

    const second = npmStart();
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain("Leo already runs from");
    expect(second.output()).not.toMatch(/^\s+at /m);
    expect((await fetch(`${run.url}/health`)).status).toBe(200);
  });
});

test("Ctrl-C in the middle of a generation ends everything within 5 s and keeps the data", async () => {
  await withPlace(async ({ npmStart }) => {
    const first = npmStart([], SLOW_MODEL);
    const generationId = await agentAtWork(await first.ready());
    const processes = await first.processes();
    const pressedAt = performance.now();
    first.pressCtrlC();
    await first.exited;
    expect(performance.now() - pressedAt).toBeLessThan(STOP_MS);
    expect(await stillAlive(processes)).toEqual([]);

    const second = npmStart();
    const call = await signedIn(await second.ready());
    expect(await call("GET", `/api/generations/${generationId}`)).toMatchObject({ prompt: "a todo list" });
    second.pressCtrlC();
    await second.exited;

    const fresh = npmStart(["--fresh"]);
    const callFresh = await signedIn(await fresh.ready());
    await expect(callFresh("GET", `/api/generations/${generationId}`)).rejects.toThrow("404");
  });
});

test.each(["the entry", "npm"])(
  "kill -9 of %s in the middle of a generation leaves no process",
  async (victim) => {
    await withPlace(async ({ npmStart }) => {
      const started = npmStart([], SLOW_MODEL);
      const run = await started.ready();
      await agentAtWork(run);
      const processes = await started.processes();
      expect(processes.size).toBeGreaterThan(10);
      signalProcess(victim === "npm" ? (started.npm.pid ?? 0) : run.pid, "SIGKILL");
      await until(
        "all processes gone",
        async () => (await stillAlive(processes)).length === 0,
        STOP_MS + 1_000,
      );
    });
  },
);

test("an orchestrator that is killed is started again, and the run says so", async () => {
  await withPlace(async ({ npmStart }) => {
    const started = npmStart();
    const run = await started.ready();
    signalProcess(run.pids.orchestrator ?? 0, "SIGKILL");
    await until("the sentence", () => started.output().includes("The orchestrator runs again."), 30_000);
    expect(started.output()).toContain("The orchestrator ended unexpectedly (signal SIGKILL)");
    expect((await fetch(`${run.url}/health`)).status).toBe(200);
  });
});

test("a taken port is one sentence and exit code 1", async () => {
  await withPlace(async ({ port, npmStart }) => {
    const other = createServer().listen(port, "127.0.0.1");
    const started = npmStart();
    expect(await started.exited).toBe(1);
    expect(started.output()).toContain(
      `Port ${port} is taken by another program. Stop it, or choose another port: PORT=${port + 1} npm start`,
    );
    expect(started.output()).not.toMatch(/^\s+at /m);
    other.close();
  });
});

test.each<[string[], Record<string, string>, string]>([
  [[], { PORT: "http" }, 'PORT is "http"; it must be a number from 1 to 65535.'],
  [["--clean"], {}, "Usage: npm start"],
])("arguments %j with %j are refused in one sentence", async (args, env, sentence) => {
  await withPlace(async ({ npmStart }) => {
    const started = npmStart(args, env);
    expect(await started.exited).toBe(1);
    expect(started.output()).toContain(sentence);
    expect(started.output()).not.toMatch(/^\s+at /m);
  });
});

test("a damaged database is one sentence that says what to do", async () => {
  await withPlace(async ({ dataDir, npmStart }) => {
    const first = npmStart();
    await first.ready();
    first.pressCtrlC();
    await first.exited;
    await writeFile(path.join(dataDir, "postgres/global/pg_control"), "");
    const second = npmStart();
    expect(await second.exited).toBe(1);
    expect(second.output()).toMatch(/The database in .*postgres is damaged .*npm start -- --fresh/);
    await appendFile(path.join(dataDir, "auth.json"), "}");
    const third = npmStart(["--fresh"]);
    await third.ready();
  });
});

test("a data directory that cannot be made is one sentence", async () => {
  await withPlace(async ({ dataDir, npmStart }) => {
    await writeFile(path.join(dataDir, "file"), "");
    const started = npmStart([], { LEO_DATA_DIR: path.join(dataDir, "file/below") });
    expect(await started.exited).toBe(1);
    expect(started.output()).toMatch(/Leo keeps its data in .*file\/below/);
  });
});

test("with a key in the environment the model is the real one, and the run says so", async () => {
  await withPlace(async ({ npmStart }) => {
    const started = npmStart([], { ANTHROPIC_API_KEY: "sk-ant-test-only" });
    const run = await started.ready();
    expect(started.output()).toContain("real: api.anthropic.com, paid with ANTHROPIC_API_KEY");
    expect(run.endpoints).not.toHaveProperty("model");
    expect(JSON.stringify(await (await signedIn(run))("GET", "/api/config"))).not.toContain(
      "sk-ant-test-only",
    );
  });
});
