import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { GUARDS } from "../guards.ts";
import { namedTests } from "../named-tests.ts";
import { edited } from "../remove.ts";
import { patternOf } from "../run-tests.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

test("every guard can be removed from the sources as they are, and is one that SECURITY.md names", async () => {
  const named = new Set(await namedTests());
  expect(named.size).toBeGreaterThan(80);
  for (const { name, edits, tests } of GUARDS) {
    expect(tests.filter((each) => !named.has(each))).toEqual([]);
    for (const edit of edits) {
      const source = await readFile(path.join(ROOT, edit.file), "utf8");
      expect([name, edited(source, edit) === source]).toEqual([name, false]);
    }
  }
});

test("a guard that has moved is named", () => {
  const edit = { file: "a.ts", from: "check();", to: "" };
  expect(() => edited("nothing", edit)).toThrow('a.ts has "check();" 0 times, not once.');
  expect(() => edited("check(); check();", edit)).toThrow("2 times");
});

test("a test's name is looked for as it is written", () => {
  expect(patternOf("costs $5 (at most) in %s")).toBe(String.raw`costs \$5 \(at most\) in .*`);
});
