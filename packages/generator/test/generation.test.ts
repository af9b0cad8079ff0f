/** One app: its first version, a change of that, and a second change of the first. */
import { expect, test } from "vitest";
import { sourceKey } from "@leo/core/artifact.ts";
import { withBucket } from "@leo/local/testing/bucket.ts";
import { ATTEMPT_TOKEN, withGeneration, type TestGeneration } from "./support/generation.ts";
import { versionOf } from "./support/previous.ts";

const NO_BROWSER = { LEO_CHROMIUM: "/nowhere" };
const GREEN = "#10b981";

const textOf = async ({ object, start }: TestGeneration, path: string) =>
  (await object(sourceKey(start.artifact.prefix, path))).toString("utf8");

const expectStoredWhole = async (generation: TestGeneration) => {
  const { orchestrator, finished, manifest, keys, start } = generation;
  expect(await finished()).toEqual({ failure: undefined, exitCode: 0 });
  expect(orchestrator.authorizations).toEqual([`Bearer ${ATTEMPT_TOKEN}`]);
  expect(orchestrator.readies).toEqual([false]);
  expect(orchestrator.facts.at(-1)?.type).toBe("all_work_complete");

  const { source, dist, checkpoint, screenshot, title, partial } = await manifest();
  expect(title).toBe("Todo list");
  expect(partial).toBeUndefined();
  expect(dist.map(({ path }) => path)).toContain("index.html");
  expect(await keys()).toEqual(
    expect.arrayContaining([
      ...source.map(({ path }) => `source/${path}`),
      ...dist.map(({ path }) => `dist/${path}`),
      checkpoint?.key.slice(start.artifact.prefix.length),
      screenshot?.slice(start.artifact.prefix.length),
    ]),
  );
  expect(await textOf(generation, "src/App.tsx")).toContain("TodoList");
};

const expectFoundBlankAndFixed = async ({ orchestrator, manifest }: TestGeneration) => {
  const rounds = orchestrator.facts.flatMap((fact) => (fact.type === "verified" ? [fact] : []));
  const told = rounds.map(({ passed, checks }) => [
    passed,
    checks.find(({ name }) => name === "smoke")?.result,
  ]);
  expect(told).toEqual([
    [false, "failed"],
    [true, "passed"],
  ]);
  const { checks } = await manifest();
  expect(checks.map(({ name, result }) => `${name} ${result}`)).toEqual([
    "install skipped",
    "typecheck passed",
    "build passed",
    "smoke passed",
  ]);
};

const expectCheckpointsOfChanges = async ({ keys, manifest, orchestrator }: TestGeneration) => {
  const numbers = (await keys())
    .flatMap((key) => /^checkpoint\/(\d+)\.tar\.gz$/.exec(key)?.[1] ?? [])
    .map(Number);
  const changes = orchestrator.facts.filter(({ type }) => type === "file_changed").length;
  expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThan(2);
  expect(numbers.length).toBeLessThan(changes);
  expect((await manifest()).checkpoint?.key).toMatch(new RegExp(`/checkpoint/${numbers.length}\\.tar\\.gz$`));
};

/** What the model was told first: the conversation that the session carries on. */
const firstRequest = ({ model }: TestGeneration) => JSON.stringify(model.requests[0]?.body);

test(
  "a prompt becomes a checked, stored app; follow-ups continue in its files and session",
  { timeout: 240_000 },
  () =>
    withBucket(async (bucket) => {
      const options = {
        bucket,
        prompt: "a todo list with dark mode mock:blank-page",
        env: { LEO_CHECKPOINT_INTERVAL_MS: "300" },
      };
      let first: Awaited<ReturnType<typeof versionOf>> | undefined;
      await withGeneration(options, async (generation) => {
        await expectStoredWhole(generation);
        await expectFoundBlankAndFixed(generation);
        await expectCheckpointsOfChanges(generation);
        first = await versionOf(generation);
      });
      expect(first?.sessionId).toMatch(/^[0-9a-f-]{36}$/);

      const change = (prompt: string, run: (generation: TestGeneration) => Promise<void>) =>
        withGeneration(
          { bucket, previous: first, prompt, env: NO_BROWSER, generatorProcess: false },
          async (generation) => {
            const { finished, manifest, root, orchestrator } = generation;
            expect((await finished()).failure).toBeUndefined();
            expect((await manifest()).checkpoint?.sessionId).toBe(first?.sessionId);
            const told = firstRequest(generation);
            expect(told).toContain("a todo list with dark mode");
            expect(told).toContain(prompt);
            // The earlier conversation has this run's paths.
            expect(new Set(told.match(/[\w./-]+\/leo-test-\w+/g))).toEqual(new Set([root]));
            const changed = orchestrator.facts.flatMap((fact) =>
              fact.type === "file_changed" ? [fact.path] : [],
            );
            expect(changed).toContain("src/index.css");
            expect(changed).not.toContain("src/components/TodoList.tsx");
            await run(generation);
          },
        );

      await change("make the accent colour green", async (generation) => {
        expect(await textOf(generation, "src/components/TodoList.tsx")).toContain("export");
        expect(await textOf(generation, "src/index.css")).toContain(GREEN);
      });
      await change("make the accent colour pink", async (generation) => {
        expect(firstRequest(generation)).not.toContain("make the accent colour green");
        expect(await textOf(generation, "src/components/TodoList.tsx")).toContain("export");
        const style = await textOf(generation, "src/index.css");
        expect(style).toContain("#ec4899");
        expect(style).not.toContain(GREEN);
      });
    }),
);
