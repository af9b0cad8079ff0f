/** What a run of the tests comes to, shown on runs of the real vitest over a project with every kind of failure. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../src/start/settings.ts";
import type { Outcome } from "../src/testing/outcome.ts";

const VITEST = path.join(ROOT, "node_modules/vitest/vitest.mjs");
const REPORTER = path.join(ROOT, "tools/local/src/testing/outcome.ts");
const SUMMARY = path.join(ROOT, "tools/local/setup/summary.mjs");

const FILES = {
  "good.test.ts": `import { test } from "vitest"; test("holds", () => {}); test.skip("waits", () => {});`,
  "bad.test.ts": `import { expect, test } from "vitest"; test("fails", () => { expect(1).toBe(2); });`,
  "broken.test.ts": `throw new Error("cannot load");`,
  "stray.test.ts": `import { test } from "vitest";
test("passes and leaves an error behind", () => { void Promise.reject(new Error("57P01: nobody's\\nmore")); });`,
};

const run = (file: string, args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; stdout: string }>((resolve) => {
    const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env } };
    execFile(file, args, options, (error, stdout) => resolve({ code: Number(error?.code ?? 0), stdout }));
  });

/** Runs the named files, in a folder of this checkout so that they find vitest. */
const outcomeOf = async (names: (keyof typeof FILES)[]) => {
  const directory = await mkdtemp(path.join(ROOT, "node_modules/.cache/leo-outcome-"));
  const outcome = path.join(directory, "outcome.json");
  try {
    for (const name of names) await writeFile(path.join(directory, name), FILES[name]);
    const config = path.join(directory, "vitest.config.mjs");
    await writeFile(
      config,
      `export default { test: { include: ["*.test.ts"], root: ${JSON.stringify(directory)} } };`,
    );
    const args = [VITEST, "run", "--root", directory, "--config", config, `--reporter=${REPORTER}`];
    const { code } = await run(process.execPath, args, { LEO_TEST_OUTCOME: outcome });
    const { stdout: summary } = await run(process.execPath, [SUMMARY, outcome, String(code)]);
    const { failed, unhandled, ...counts } = JSON.parse(await readFile(outcome, "utf8")) as Outcome;
    const inFolder = (text: string) => text.replaceAll(`${path.relative(ROOT, directory)}/`, "");
    return { code, summary, ...counts, failed: failed.map(inFolder), unhandled: unhandled.map(inFolder) };
  } finally {
    await rm(directory, { recursive: true });
  }
};

test("a run without a failure", async () => {
  expect(await outcomeOf(["good.test.ts"])).toEqual({
    code: 0,
    summary: "1 passed, 0 failed\n",
    passed: 1,
    skipped: 1,
    failed: [],
    unhandled: [],
  });
});

test("an error that no test caught is a failure, though every test passed", async () => {
  expect(await outcomeOf(["good.test.ts", "stray.test.ts"])).toEqual({
    code: 1,
    summary: "2 passed, 1 failed\n",
    passed: 2,
    skipped: 1,
    failed: [],
    unhandled: ["Error: 57P01: nobody's (during stray.test.ts)"],
  });
});

test("it counts beside tests that fail and files that do not load", async () => {
  const { code, summary, failed, unhandled } = await outcomeOf([
    "bad.test.ts",
    "broken.test.ts",
    "stray.test.ts",
  ]);
  expect({ code, summary }).toEqual({ code: 1, summary: "1 passed, 3 failed\n" });
  expect(failed.toSorted()).toEqual(["bad.test.ts › fails", "broken.test.ts"]);
  expect(unhandled).toHaveLength(1);
});

test.each([
  ["0", "0 passed, 0 failed\n"],
  ["1", "0 passed, 1 failed\n"],
])("without an outcome the exit status %s decides", async (status, line) => {
  expect(await run(process.execPath, [SUMMARY, "/nonexistent", status])).toEqual({ code: 0, stdout: line });
});
