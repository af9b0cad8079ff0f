import { access } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sourceKey } from "@leo/core/artifact.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { withBucket } from "@leo/local/testing/bucket.ts";
import { findFamily } from "../src/process/family.ts";
import { startOrchestrator } from "./support/orchestrator.ts";
import { withGeneration, type TestGeneration, type TestGenerationOptions } from "./support/generation.ts";
import { presign } from "./support/previous.ts";
import { until } from "./support/until.ts";

const NO_BROWSER = { LEO_CHROMIUM: "/nowhere" };
const generate = (options: TestGenerationOptions, run: (generation: TestGeneration) => Promise<void>) =>
  withGeneration({ ...options, env: { ...NO_BROWSER, ...options.env } }, run);

const promptsOf = ({ model }: TestGeneration) =>
  JSON.stringify(model.requests.map(({ body }) => (body as { messages?: unknown }).messages));

test("an ended run stores a checkpoint; the next attempt resumes from it, even without an orchestrator", () =>
  withBucket(async (bucket) => {
    let previous: StartGeneration["previous"];
    const prompt = "a todo list mock:slow";
    const model = { slowMs: 1_500 };
    await generate({ bucket, prompt, model }, async ({ orchestrator, generator, keys, start }) => {
      await orchestrator.fact("file_changed", ({ path }) => path === "src/components/Shell.tsx");
      generator.kill("SIGTERM");
      expect(await generator.exited).toBe(143);
      expect(await keys()).toEqual(["checkpoint/1.tar.gz"]);
      expect(orchestrator.facts.map(({ type }) => type)).not.toContain("all_work_complete");
      const checkpointUrl = await presign(bucket, `${start.artifact.prefix}checkpoint/1.tar.gz`);
      previous = { generationId: start.generationId, kind: "checkpoint", checkpointUrl };
    });
    const next = { bucket, prompt, previous, model: { slowMs: 0 }, generatorProcess: false };
    await generate(next, async (generation) => {
      const { orchestrator, generator, keys, start, manifest } = generation;
      await orchestrator.fact("agent_tool");
      await orchestrator.close();
      await until(async () => (await keys()).includes("manifest.json"));
      const { port } = new URL(orchestrator.url);
      const known = orchestrator.facts.length;
      const back = await startOrchestrator(start, { port: Number(port), lastNumber: known });
      const { failure } = await back.fact("all_work_complete");
      expect(failure).toBeUndefined();
      expect(await generator.exited).toBe(0);
      expect(back.readies).toEqual([true]);
      expect(back.facts[0]?.n).toBe(known + 1);
      expect(back.facts.map(({ n }) => n)).toEqual(back.facts.map((_, index) => known + 1 + index));
      await back.close();

      expect(promptsOf(generation)).toContain("you go on from the last saved state");
      expect(promptsOf(generation)).toContain("src/components/Shell.tsx");
      const { source, partial } = await manifest();
      expect(partial).toBeUndefined();
      expect(source.map(({ path }) => path)).toContain("src/components/Shell.tsx");
    });
  }));

test("a previous version that cannot be read ends the run and claims nothing", () =>
  generate(
    {
      generatorProcess: false,
      previous: {
        generationId: "01a2096b-8d70-76e7-99a9-52e249287394",
        kind: "version",
        checkpointUrl: "http://127.0.0.1:9/none.tar.gz",
      },
    },
    async ({ finished, keys }) => {
      expect((await finished()).failure).toBe("internal");
      expect(await keys()).toEqual([]);
    },
  ));

test("messages before a plan, after it, and before the version is stored are each answered in turn", () =>
  generate({ mode: "plan_first", prompt: "a kanban board", generatorProcess: false }, async (generation) => {
    const { orchestrator, finished, manifest, object, start } = generation;
    await orchestrator.fact("progress", ({ step }) => step === "planning");
    orchestrator.send({ type: "user_message", messageId: "early", text: "Please call it Harbour." });
    expect((await orchestrator.fact("plan_proposed")).text).toMatch(/plan/i);
    await orchestrator.fact("progress", ({ step, text }) => step === "planning" && text !== undefined);
    const before = orchestrator.facts.map(({ type }) => type);
    expect(before.indexOf("user_message_taken")).toBeLessThan(before.lastIndexOf("plan_proposed"));
    expect(before).not.toContain("file_changed");
    expect(orchestrator.facts.findLast(({ type }) => type === "plan_proposed")).toMatchObject({
      text: expect.stringContaining("Harbour"),
    });

    orchestrator.send({ type: "user_message", messageId: "yes", text: "Yes, and keep it short." });
    await orchestrator.fact("verified");
    // The acknowledgement of `uploading` is what the generator waits for.
    orchestrator.acknowledge(false);
    const { n } = await orchestrator.fact("progress", ({ step }) => step === "uploading");
    orchestrator.send({ type: "user_message", messageId: "late", text: "make the accent colour green" });
    orchestrator.acknowledge(true);
    orchestrator.send({ type: "ack", n });
    expect((await finished()).failure).toBeUndefined();

    const told = orchestrator.facts.flatMap((fact) => {
      if (fact.type === "user_message_taken") return [fact.messageId];
      return fact.type === "verified" || fact.type === "artifact_uploaded" ? [fact.type] : [];
    });
    expect(told).toEqual(["early", "yes", "verified", "late", "verified", "artifact_uploaded"]);
    expect(promptsOf(generation)).toContain("Yes, and keep it short.");
    expect(promptsOf(generation)).toContain("make the accent colour green");
    const { source, partial } = await manifest();
    expect(partial).toBeUndefined();
    expect(source.map(({ path }) => path)).toContain("src/components/Board.tsx");
    const style = await object(sourceKey(start.artifact.prefix, "src/index.css"));
    expect(style.toString("utf8")).toContain("#10b981");
  }));

test("a generator that is killed takes its agent with it", () =>
  generate({ prompt: "a todo list mock:long-tool" }, async ({ orchestrator, generator, root }) => {
    await orchestrator.fact("agent_tool", ({ name }) => name === "Bash");
    await until(async () => (await findFamily(join(root, "home"))).length > 2);
    generator.kill("SIGKILL");
    await generator.exited;
    await until(async () => (await findFamily(join(root, "home"))).length === 0);
    expect(await findFamily(join(root, "home"))).toEqual([]);
  }));

/** How long the model keeps the agent waiting. */
const SLOW_MS = 60_000;

test("the deadline ends the run from inside, in time to store what exists", () =>
  generate(
    { prompt: "a todo list mock:slow", model: { slowMs: SLOW_MS }, holdWork: true, generatorProcess: false },
    async ({ finished, manifest, start, orchestrator }) => {
      await orchestrator.fact("progress");
      const sentMs = Date.now();
      const limits = { ...start.limits, deadlineAt: new Date(sentMs + 6_000).toISOString() };
      orchestrator.send({ ...start, limits });
      expect((await finished()).failure).toBe("deadline");
      expect((await manifest()).partial).toBe(true);
      // It did not wait for the model.
      expect(Date.now()).toBeLessThan(sentMs + SLOW_MS);
    },
  ));

test("an artifact that can't be stored fails as upload_failed, without a manifest or leftovers", () =>
  generate(
    {
      driverEnv: { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "1" },
      // The sandbox makes a directory of its own.
      env: { LEO_WORKSPACE_ROOT: "" },
    },
    async ({ finished, keys, model, sandbox }) => {
      expect(await finished()).toEqual({ failure: "upload_failed", exitCode: 0 });
      expect(await keys()).toEqual([]);
      const [, workspace] = /Workspace: (\/\S+?)\\n/.exec(JSON.stringify(model.requests[0]?.body)) ?? [];
      expect(workspace).toMatch(/\/leo-\w+\/workspace$/);
      await sandbox.ended;
      await expect(access(workspace ?? "")).rejects.toThrow("ENOENT");
    },
  ));
