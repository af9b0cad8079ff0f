/** Runs that change no file: they end as an answer in words, and the next request goes on with the conversation. */
import { expect, test } from "vitest";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { withBucket } from "@leo/local/testing/bucket.ts";
import { withGeneration, type TestGeneration, type TestGenerationOptions } from "./support/generation.ts";
import { presign, versionOf } from "./support/previous.ts";

const NO_BROWSER = { LEO_CHROMIUM: "/nowhere" };
const generate = (options: TestGenerationOptions, run: (generation: TestGeneration) => Promise<void>) =>
  withGeneration({ generatorProcess: false, env: NO_BROWSER, ...options }, run);

const saidIn = ({ orchestrator }: TestGeneration) =>
  orchestrator.facts.flatMap((fact) => (fact.type === "agent_text" ? [fact.text] : [])).join("");
const typesIn = ({ orchestrator }: TestGeneration) => orchestrator.facts.map(({ type }) => type);
/** How often the agent was told that it changed nothing. */
const nudgesIn = ({ model }: TestGeneration) =>
  new Set(
    model.requests.flatMap(({ body }) => {
      const { messages = [] } = body as { messages?: unknown[] };
      return messages.flatMap((message, index) =>
        JSON.stringify(message).includes("You have changed no file") ? [index] : [],
      );
    }),
  ).size;

const expectAnswer = async (generation: TestGeneration, words: RegExp, nudgesInSession = 1) => {
  const { finished, orchestrator, manifest, keys } = generation;
  expect(await finished()).toEqual({ failure: undefined, exitCode: 0 });
  expect(orchestrator.facts.at(-1)).toMatchObject({ type: "all_work_complete", answered: true });
  expect(saidIn(generation)).toMatch(words);
  expect(nudgesIn(generation)).toBe(nudgesInSession);
  expect(typesIn(generation)).not.toContain("verified");
  const { source, dist, answered, checkpoint } = await manifest();
  expect({ source, dist, answered }).toEqual({ source: [], dist: [], answered: true });
  expect(checkpoint?.sessionId).toBeDefined();
  expect((await keys()).filter((key) => !key.startsWith("checkpoint/"))).toEqual(["manifest.json"]);
};

const expectVersion = async ({ finished, orchestrator, manifest }: TestGeneration, path: string) => {
  expect(await finished()).toEqual({ failure: undefined, exitCode: 0 });
  expect(orchestrator.facts.at(-1)).not.toHaveProperty("answered");
  const { source, answered } = await manifest();
  expect(answered).toBeUndefined();
  expect(source.map((file) => file.path)).toContain(path);
};

test("a question ends the run as an answer; the reply builds; asking about a version changes nothing", () =>
  withBucket(async (bucket) => {
    let previous: StartGeneration["previous"];
    await generate({ bucket, prompt: "a todo list mock:asks" }, async (generation) => {
      await expectAnswer(generation, /which currency/i);
      previous = await versionOf(generation);
    });
    await generate({ bucket, prompt: "In euros, please.", previous }, async (generation) => {
      await expectVersion(generation, "src/components/TodoList.tsx");
      expect(nudgesIn(generation)).toBe(1);
      previous = await versionOf(generation);
    });
    await generate({ bucket, prompt: "Why is it one page? mock:talks", previous }, async (generation) => {
      await expectAnswer(generation, /no server behind it/, 2);
      expect(typesIn(generation)).not.toContain("file_changed");
    });
  }));

test("declining and an unbuilt plan are answers; an agent that only talks builds when told to", async () => {
  await generate({ prompt: "a todo list mock:declines" }, (generation) =>
    expectAnswer(generation, /other people's passwords/),
  );
  await generate({ prompt: "a todo list mock:talks", mode: "plan_first" }, async (generation) => {
    await generation.orchestrator.fact("progress", ({ text }) => text?.startsWith("Waiting") === true);
    generation.orchestrator.send({ type: "user_message", messageId: "plan", text: "Never mind." });
    await expectAnswer(generation, /no server behind it/);
  });
  await generate({ prompt: "a todo list mock:talks-first" }, async (generation) => {
    await expectVersion(generation, "src/components/TodoList.tsx");
    expect(nudgesIn(generation)).toBe(1);
  });
});

test("work that an earlier attempt did counts as made, although the one that ends the run adds nothing", () =>
  withBucket(async (bucket) => {
    let previous: StartGeneration["previous"];
    const slow = { bucket, prompt: "a todo list mock:slow", model: { slowMs: 1_500 } };
    await generate(slow, async ({ orchestrator, generator, keys, start }) => {
      await orchestrator.fact("file_changed");
      generator.kill("SIGTERM");
      await generator.exited;
      const newest = (await keys()).findLast((key) => key.startsWith("checkpoint/"));
      const checkpointUrl = await presign(bucket, `${start.artifact.prefix}${newest}`);
      previous = { generationId: start.generationId, kind: "checkpoint", checkpointUrl };
    });
    await generate(
      { bucket, prompt: "a todo list", previous, model: { scenario: "talks" } },
      async (generation) => {
        await expectVersion(generation, "src/App.tsx");
        expect(nudgesIn(generation)).toBe(0);
      },
    );
  }));
