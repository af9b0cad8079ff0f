import { access } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sourceKey } from "@leo/core/artifact.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { findFamily } from "../src/process/family.ts";
import { withGeneration, type TestGeneration, type TestGenerationOptions } from "./support/generation.ts";

/** The checks that need no browser are enough where the browser is not the subject. */
const NO_BROWSER = { LEO_CHROMIUM: "/nowhere" };

const scenario = (words: string, options: TestGenerationOptions = {}): TestGenerationOptions => ({
  prompt: `a todo list ${words}`,
  generatorProcess: false,
  ...options,
  env: { ...NO_BROWSER, ...options.env },
});

const verifiedRounds = (facts: NumberedMessage[]) =>
  facts.flatMap((fact) => (fact.type === "verified" ? [fact.passed] : []));
const warnings = (facts: NumberedMessage[]) =>
  facts.flatMap((fact) => (fact.type === "log" && fact.level === "warn" ? [fact.text] : []));

/** A run that met a limit says which, has stored what may be stored and leaves no process behind. */
const expectPartStored = async ({ orchestrator, manifest, start, object, root }: TestGeneration) => {
  expect((await orchestrator.fact("error")).failure.detail).toMatch(/\d+ .* allowed$/);
  expect((await manifest()).partial).toBe(true);
  expect((await object(sourceKey(start.artifact.prefix, "src/App.tsx"))).length).toBeGreaterThan(0);
  expect(await findFamily(join(root, "home"))).toEqual([]);
};

test("a crashed agent goes on in its session; a build error goes back to it and is fixed in round 2", () =>
  withGeneration(
    scenario("mock:crash-once mock:build-error"),
    async ({ orchestrator, finished, manifest, model, generator }) => {
      expect((await finished()).failure).toBeUndefined();
      expect(warnings(orchestrator.facts)).toContainEqual(expect.stringMatching(/crashed. Leo restarts it/));
      expect(generator.output()).toContain("SIGKILL");
      expect(verifiedRounds(orchestrator.facts)).toEqual([false, true]);
      const asked = JSON.stringify(model.requests.map(({ body }) => body));
      expect(asked).toContain("Your process ended without a word");
      expect(asked).toContain("does not pass its checks");
      expect(asked).toContain("TS2307");
      expect((await manifest()).checks.every(({ result }) => result !== "failed")).toBe(true);
    },
  ));

test("an app that stays broken ends as verify_failed after three rounds, with what exists stored", () =>
  withGeneration(scenario("mock:build-error-forever"), async ({ orchestrator, finished, manifest }) => {
    expect((await finished()).failure).toBe("verify_failed");
    expect(verifiedRounds(orchestrator.facts)).toEqual([false, false, false]);
    const { partial, checks, source } = await manifest();
    expect(partial).toBe(true);
    expect(checks).toContainEqual(expect.objectContaining({ name: "build", result: "failed" }));
    expect(source.map(({ path }) => path)).toContain("src/App.tsx");
  }));

test("a tool call that never returns ends the run and names the tool", () =>
  withGeneration(
    scenario("mock:long-tool", { env: { LEO_AGENT_SILENT_MS: "8000" } }),
    async ({ orchestrator, finished, manifest }) => {
      expect((await finished()).failure).toBe("tool_timeout");
      const { partial, source } = await manifest();
      expect(partial).toBe(true);
      expect(source.map(({ path }) => path)).toContain("src/App.tsx");
      expect((await orchestrator.fact("error")).failure.detail).toMatch(/didn't return: Bash sleep 3600/);
      const tools = orchestrator.facts.flatMap((fact) => (fact.type === "agent_tool" ? [fact] : []));
      const open = new Set(tools.map(({ toolUseId }) => toolUseId));
      for (const { toolUseId, status } of tools) if (status !== "running") open.delete(toolUseId);
      expect([...open]).toEqual([]);
    },
  ));

test("an agent that crashes again ends the run as agent_error", () =>
  withGeneration(scenario("mock:crash"), async ({ orchestrator, finished, manifest }) => {
    expect((await finished()).failure).toBe("agent_error");
    expect((await orchestrator.fact("error")).failure.detail).toMatch(/SIGKILL/);
    expect((await manifest()).partial).toBe(true);
  }));

test("the budget that the agent knows ends the run as budget, with what exists stored", () =>
  withGeneration(scenario("mock:budget"), async ({ orchestrator, finished, manifest }) => {
    expect((await finished()).failure).toBe("budget");
    expect((await manifest()).partial).toBe(true);
    const usage = orchestrator.facts.findLast((fact) => fact.type === "usage");
    expect(usage?.costUsd).toBeGreaterThan(5);
  }));

test("the gateway's own budget stops an agent that does not know it", () =>
  withGeneration(
    scenario("", { driverEnv: { LEO_BUDGET_USD: "0.2" } }),
    async ({ orchestrator, finished, manifest, model }) => {
      expect((await finished()).failure).toBe("budget");
      expect((await orchestrator.fact("error")).failure.detail).toMatch(/of \$0\.20/);
      const { partial, dist } = await manifest();
      expect(partial).toBe(true);
      expect(dist.length).toBeGreaterThan(0);
      expect(model.requests.length).toBeLessThan(5);
    },
  ));

test("an agent that finds no end is stopped at its turns", () =>
  withGeneration(
    scenario("mock:endless", { limits: { maxTurns: 5 } }),
    async ({ orchestrator, finished }) => {
      expect((await finished()).failure).toBe("agent_error");
      expect((await orchestrator.fact("error")).failure.detail).toMatch(/turns/);
    },
  ));

test("huge output is split; files outside or too large are dropped; a huge version fails", () =>
  withGeneration(
    scenario("mock:huge-output mock:outside-file mock:big-file", {
      env: { LEO_VERSION_MAX_BYTES: "100000" },
    }),
    async (generation) => {
      const { orchestrator, finished, manifest, keys, root } = generation;
      expect((await finished()).failure).toBe("output_too_large");
      await expectPartStored(generation);
      const { facts } = orchestrator;
      const text = facts.map((fact) => (fact.type === "agent_text" ? fact.text : "")).join("");
      expect(text.length).toBeGreaterThan(100_000);
      const ended = async (name: string, fits: (target: string) => boolean) =>
        orchestrator.fact(
          "agent_tool",
          (tool) => tool.name === name && tool.status !== "running" && fits(tool.target ?? ""),
        );
      const printed = await ended("Bash", (target) => target.includes("20000000"));
      expect(printed.result?.length).toBeLessThan(1_000);

      const refused = await ended("Write", (target) => target.includes("leo-mock-outside"));
      expect(refused).toMatchObject({
        status: "failed",
        result: expect.stringMatching(/outside the workspace/),
      });
      await expect(access(join(root, "leo-mock-outside.txt"))).rejects.toThrow("ENOENT");
      expect(warnings(facts)).toContain("Not stored: public/film.mp4 (larger than 10 MB)");
      expect(await keys()).not.toContain("source/public/film.mp4");

      const { source } = await manifest();
      expect(source.map(({ path }) => path)).not.toContain("src/passwd.txt");
      expect(verifiedRounds(facts)).toEqual([true]);
    },
  ));

test("a disk that is full ends the run as disk_full, and what exists is stored all the same", () =>
  withGeneration(
    scenario("mock:big-file mock:long-tool", {
      diskBytes: 10_000_000,
      generatorProcess: true,
      env: { LEO_DISK_RESERVE_BYTES: "1000000" },
    }),
    async ({ orchestrator, finished, manifest, keys }) => {
      expect((await finished()).failure).toBe("disk_full");
      const said = orchestrator.facts.map((fact) => (fact.type === "agent_tool" ? fact.result : "")).join();
      expect(said).toContain("No space left on device");
      expect((await orchestrator.fact("error")).failure.detail).toMatch(/^\d+ bytes are free/);
      const { partial, source, checkpoint } = await manifest();
      expect(partial).toBe(true);
      expect(source.map(({ path }) => path)).toContain("public/film.mp4");
      expect(await keys()).toContain(
        `checkpoint/${/\d+(?=\.tar\.gz$)/.exec(checkpoint?.key ?? "")?.[0]}.tar.gz`,
      );
    },
  ));

/** What keeps the agent busy lets the watch end the run, and not the last look before the checks. */
test.for([
  ["mock:big-file mock:long-tool", { LEO_WORKSPACE_MAX_BYTES: "5000000" }, "workspace_too_large"],
  ["mock:slow", { LEO_WORKSPACE_MAX_FILES: "15" }, "too_many_files"],
  ["mock:fork-bomb mock:long-tool", { LEO_AGENT_MAX_PROCESSES: "100" }, "process_limit"],
] as const)("%o under %o ends the run as %s and stores what may be stored", ([words, env, code]) =>
  withGeneration(scenario(words, { env }), async (generation) => {
    expect((await generation.finished()).failure).toBe(code);
    await expectPartStored(generation);
  }),
);
