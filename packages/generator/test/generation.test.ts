import { expect, test } from "vitest";
import { sourceKey } from "@leo/core/artifact.ts";
import { ATTEMPT_TOKEN, withGeneration } from "./support/generation.ts";

test("a prompt becomes a checked, stored app, and the last message says so", () =>
  withGeneration(
    {},
    async ({ orchestrator, finished, manifest, keys, start, object, startedMs, generator }) => {
      const outcome = await finished();
      if (process.env.LEO_TEST_TALK) {
        console.log(generator.output());
        console.log(orchestrator.facts.map((f) => JSON.stringify(f).slice(0, 200)).join("\n"));
        console.log("ready after", orchestrator.firstReadyMs() - startedMs);
      }
      expect(outcome).toEqual({ failure: undefined, exitCode: 0 });
      expect(orchestrator.authorizations).toEqual([`Bearer ${ATTEMPT_TOKEN}`]);
      expect(orchestrator.readies).toEqual([false]);
      expect(orchestrator.facts.at(-1)?.type).toBe("all_work_complete");

      const { source, dist, checks, checkpoint, screenshot, title, partial } = await manifest();
      expect(title).toBe("Todo list");
      expect(partial).toBeUndefined();
      expect(checks.map(({ name, result }) => `${name} ${result}`)).toEqual([
        "install skipped",
        "typecheck passed",
        "build passed",
        "smoke passed",
      ]);
      expect(dist.map(({ path }) => path)).toContain("index.html");
      const stored = await keys();
      expect(stored).toEqual(
        expect.arrayContaining([
          ...source.map(({ path }) => `source/${path}`),
          ...dist.map(({ path }) => `dist/${path}`),
          checkpoint?.key.slice(start.artifact.prefix.length),
          screenshot?.slice(start.artifact.prefix.length),
        ]),
      );
      const app = await object(sourceKey(start.artifact.prefix, "src/App.tsx"));
      expect(app.toString("utf8")).toContain("TodoList");
    },
  ));
