import { access } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { expect, test } from "vitest";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { withBucket, type TestBucket } from "@leo/local/testing/bucket.ts";
import { startOrchestrator } from "./support/orchestrator.ts";
import { withGeneration, type TestGeneration, type TestGenerationOptions } from "./support/generation.ts";
import { until } from "./support/until.ts";

const NO_BROWSER = { LEO_CHROMIUM: "/nowhere" };
const generate = (options: TestGenerationOptions, run: (generation: TestGeneration) => Promise<void>) =>
  withGeneration({ ...options, env: { ...NO_BROWSER, ...options.env } }, run);

const presign = (bucket: TestBucket, key: string) => {
  const s3 = new S3Client(bucket.clientConfig);
  return getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket.bucket, Key: key }), { expiresIn: 600 });
};

const promptsOf = ({ model }: TestGeneration) =>
  JSON.stringify(model.requests.map(({ body }) => (body as { messages?: unknown }).messages));

test("a follow-up goes on in the app's files and in the agent's own session", () =>
  withBucket(async (bucket) => {
    let previous: StartGeneration["previous"];
    await generate({ bucket }, async ({ finished, manifest, start }) => {
      expect((await finished()).failure).toBeUndefined();
      const { checkpoint } = await manifest();
      previous = {
        generationId: start.generationId,
        kind: "version",
        checkpointUrl: await presign(bucket, checkpoint?.key ?? ""),
        sessionId: checkpoint?.sessionId,
      };
    });
    expect(previous?.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    await generate({ bucket, previous, prompt: "make the accent colour green" }, async (generation) => {
      const { finished, manifest, root, orchestrator, model } = generation;
      expect((await finished()).failure).toBeUndefined();
      const { checkpoint, source } = await manifest();
      expect(checkpoint?.sessionId).toBe(previous?.sessionId);
      expect(source.map(({ path }) => path)).toContain("src/components/TodoList.tsx");
      const changed = orchestrator.facts.flatMap((fact) => (fact.type === "file_changed" ? [fact.path] : []));
      expect(changed).toContain("src/index.css");
      expect(changed).not.toContain("src/components/TodoList.tsx");
      // The first request carries the earlier conversation, with this run's paths.
      const first = JSON.stringify(model.requests[0]?.body);
      expect(first).toContain("a todo list with dark mode");
      expect(first).toContain("make the accent colour green");
      expect(first.match(/\/tmp\/leo-test-\w+/g)?.every((path) => path === root)).toBe(true);
    });
  }));

test("a run that is told to end stores a checkpoint, and the next attempt goes on from it", () =>
  withBucket(async (bucket) => {
    let previous: StartGeneration["previous"];
    const prompt = "a todo list mock:slow";
    const model = { slowMs: 1_500 };
    await generate({ bucket, prompt, model }, async ({ orchestrator, generator, keys, start }) => {
      await orchestrator.fact("file_changed", ({ path }) => path === "src/components/Shell.tsx");
      generator.child.kill("SIGTERM");
      expect(await generator.exited).toBe(143);
      expect(await keys()).toEqual(["checkpoint/1.tar.gz"]);
      expect(orchestrator.facts.map(({ type }) => type)).not.toContain("all_work_complete");
      const checkpointUrl = await presign(bucket, `${start.artifact.prefix}checkpoint/1.tar.gz`);
      previous = { generationId: start.generationId, kind: "checkpoint", checkpointUrl };
    });
    await generate({ bucket, prompt, previous, model: { slowMs: 0 } }, async (generation) => {
      expect((await generation.finished()).failure).toBeUndefined();
      expect(promptsOf(generation)).toContain("you go on from the last saved state");
      expect(promptsOf(generation)).toContain("src/components/Shell.tsx");
      expect((await generation.manifest()).source.map(({ path }) => path)).toContain(
        "src/components/Shell.tsx",
      );
    });
  }));

test("checkpoints are new objects, made only while something changes", () =>
  generate(
    { prompt: "a todo list mock:slow", model: { slowMs: 1_000 }, env: { LEO_CHECKPOINT_INTERVAL_MS: "300" } },
    async ({ finished, keys, manifest, orchestrator }) => {
      expect((await finished()).failure).toBeUndefined();
      const numbers = (await keys())
        .flatMap((key) => /^checkpoint\/(\d+)\.tar\.gz$/.exec(key)?.[1] ?? [])
        .map(Number);
      const changes = orchestrator.facts.filter(({ type }) => type === "file_changed").length;
      expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
      expect(numbers.length).toBeGreaterThan(2);
      expect(numbers.length).toBeLessThan(changes);
      expect((await manifest()).checkpoint?.key).toMatch(
        new RegExp(`/checkpoint/${numbers.length}\\.tar\\.gz$`),
      );
    },
  ));

test("a previous version that cannot be read ends the run and claims nothing", () =>
  generate(
    {
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

test("a plan is proposed, changes nothing, waits for the user's word, and is then carried out", () =>
  generate({ mode: "plan_first", prompt: "a kanban board" }, async (generation) => {
    const { orchestrator, finished, manifest } = generation;
    const { text } = await orchestrator.fact("plan_proposed");
    expect(text).toMatch(/plan/i);
    expect(orchestrator.facts.filter(({ type }) => type === "file_changed")).toEqual([]);
    await orchestrator.fact("progress", ({ step, text: said }) => step === "planning" && said !== undefined);
    orchestrator.send({ type: "user_message", messageId: "1", text: "Yes, and call it Harbour." });
    expect((await finished()).failure).toBeUndefined();
    expect(promptsOf(generation)).toContain("Yes, and call it Harbour.");
    expect((await manifest()).source.map(({ path }) => path)).toContain("src/components/Board.tsx");
  }));

test("a message that comes while the agent works is answered after its turn, once", () =>
  generate({ prompt: "a todo list mock:slow", model: { slowMs: 400 } }, async (generation) => {
    const { orchestrator, finished } = generation;
    await orchestrator.fact("agent_tool");
    const message = { type: "user_message", messageId: "m1", text: "make the accent colour green" } as const;
    orchestrator.send(message);
    orchestrator.send(message);
    expect((await finished()).failure).toBeUndefined();
    const turns = orchestrator.facts.filter(
      (fact) => fact.type === "progress" && fact.step === "turn_complete",
    );
    expect(turns).toHaveLength(2);
    const verified = orchestrator.facts.filter(({ type }) => type === "verified");
    expect(verified).toHaveLength(1);
    const last = generation.model.requests.at(-1)?.body as { messages: unknown[] };
    expect(JSON.stringify(last.messages).match(/make the accent colour green/g)).toHaveLength(1);
  }));

test("a request that comes while the finished version waits to be stored is answered first", () =>
  generate({ prompt: "a todo list" }, async (generation) => {
    const { orchestrator, finished, manifest } = generation;
    await orchestrator.fact("verified");
    // The acknowledgement of `uploading` is what the generator waits for.
    orchestrator.acknowledge(false);
    const { n } = await orchestrator.fact("progress", ({ step }) => step === "uploading");
    orchestrator.send({ type: "user_message", messageId: "late", text: "make the accent colour green" });
    orchestrator.acknowledge(true);
    orchestrator.send({ type: "ack", n });
    expect((await finished()).failure).toBeUndefined();
    const told = orchestrator.facts.flatMap((fact) =>
      fact.type === "user_message_taken" || fact.type === "verified" || fact.type === "artifact_uploaded"
        ? [fact.type]
        : [],
    );
    expect(told).toEqual(["verified", "user_message_taken", "verified", "artifact_uploaded"]);
    expect((await manifest()).partial).toBeUndefined();
    expect(promptsOf(generation)).toContain("make the accent colour green");
  }));

test("what was added before the plan was seen changes the plan and does not accept it", () =>
  generate({ mode: "plan_first", prompt: "a kanban board" }, async (generation) => {
    const { orchestrator, finished } = generation;
    await orchestrator.fact("progress", ({ step }) => step === "planning");
    orchestrator.send({ type: "user_message", messageId: "early", text: "Please call it Harbour." });
    await orchestrator.fact("plan_proposed");
    await orchestrator.fact("progress", ({ step, text }) => step === "planning" && text !== undefined);
    const before = orchestrator.facts.map(({ type }) => type);
    expect(before.indexOf("user_message_taken")).toBeLessThan(before.lastIndexOf("plan_proposed"));
    expect(before).not.toContain("file_changed");
    expect(orchestrator.facts.findLast(({ type }) => type === "plan_proposed")).toMatchObject({
      text: expect.stringContaining("Harbour"),
    });
    orchestrator.send({ type: "user_message", messageId: "yes", text: "Yes." });
    expect((await finished()).failure).toBeUndefined();
    expect(orchestrator.facts.flatMap((f) => (f.type === "user_message_taken" ? [f.messageId] : []))).toEqual(
      ["early", "yes"],
    );
  }));

test("a cancel stops the agent, stores what exists and is the last word", () =>
  generate({ prompt: "a todo list mock:slow", model: { slowMs: 2_000 } }, async (generation) => {
    const { orchestrator, finished, manifest } = generation;
    await orchestrator.fact("file_changed");
    const cancelledMs = performance.now();
    orchestrator.send({ type: "cancel" });
    expect(await finished()).toEqual({ failure: "interrupted", exitCode: 0 });
    expect(performance.now() - cancelledMs).toBeLessThan(10_000);
    expect((await manifest()).partial).toBe(true);
  }));

test("a fenced generator stops, stores nothing more and leaves no process behind", () =>
  generate({ prompt: "a todo list mock:slow", model: { slowMs: 2_000 } }, async (generation) => {
    const { orchestrator, generator, keys, root } = generation;
    await orchestrator.fact("file_changed");
    orchestrator.disconnect(CloseCode.fenced);
    expect(await generator.exited).toBe(0);
    expect(await keys()).toEqual([]);
    const { findFamily } = await import("../src/process/family.ts");
    expect(await findFamily(join(root, "home"))).toEqual([]);
  }));

test("a generator that is killed takes its agent with it", () =>
  generate({ prompt: "a todo list mock:long-tool" }, async ({ orchestrator, generator, root }) => {
    const { findFamily } = await import("../src/process/family.ts");
    await orchestrator.fact("agent_tool", ({ name }) => name === "Bash");
    await until(async () => (await findFamily(join(root, "home"))).length > 2);
    generator.child.kill("SIGKILL");
    await generator.exited;
    await until(async () => (await findFamily(join(root, "home"))).length === 0);
    expect(await findFamily(join(root, "home"))).toEqual([]);
  }));

test("a run goes on without any orchestrator and is heard by the next one", () =>
  generate({}, async ({ orchestrator, generator, keys, start }) => {
    await orchestrator.fact("agent_tool");
    await orchestrator.close();
    await until(async () => (await keys()).includes("manifest.json"));
    const { port } = new URL(orchestrator.url);
    const known = orchestrator.facts.length;
    const next = await startOrchestrator(start, { port: Number(port), lastNumber: known });
    await next.fact("all_work_complete");
    expect(await generator.exited).toBe(0);
    expect(next.readies).toEqual([true]);
    expect(next.facts[0]?.n).toBe(known + 1);
    expect(next.facts.map(({ n }) => n)).toEqual(next.facts.map((_, index) => known + 1 + index));
    await next.close();
  }));

test("the deadline ends the run from inside, in time to store what exists", () =>
  generate(
    {
      prompt: "a todo list mock:slow",
      model: { slowMs: 3_000 },
      limits: { deadlineAt: new Date(Date.now() + 12_000).toISOString() },
      env: { LEO_CLOSING_MS: "6000" },
    },
    async ({ finished, manifest, start }) => {
      expect((await finished()).failure).toBe("deadline");
      expect((await manifest()).partial).toBe(true);
      expect(Date.now()).toBeLessThan(Date.parse(start.limits.deadlineAt) + 5_000);
    },
  ));

test("an artifact that cannot be stored ends as upload_failed with no manifest, and the run's own directory is gone", () =>
  generate(
    {
      env: {
        AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9",
        AWS_MAX_ATTEMPTS: "1",
        // It makes a directory of its own.
        LEO_WORKSPACE_ROOT: "",
      },
    },
    async ({ finished, keys, model }) => {
      expect(await finished()).toEqual({ failure: "upload_failed", exitCode: 0 });
      expect(await keys()).toEqual([]);
      const [, workspace] = /Workspace: (\/\S+?)\\n/.exec(JSON.stringify(model.requests[0]?.body)) ?? [];
      expect(workspace).toMatch(/\/leo-\w+\/workspace$/);
      await expect(access(workspace ?? "")).rejects.toThrow("ENOENT");
    },
  ));
