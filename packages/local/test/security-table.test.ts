import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

/** A test's name as its file says it: the first argument of a call. */
const isCalled = (source: string, name: string) =>
  [`"${name}"`, `'${name}'`, `\`${name}\``].some((literal) =>
    source
      .split(literal)
      .slice(0, -1)
      .some((before) => /\(\s*$/.test(before)),
  );

test("every threat in SECURITY.md names tests that exist", async () => {
  const document = await readFile(join(ROOT, "SECURITY.md"), "utf8");
  const rows = document
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (?:What is|-)/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  const missing: string[] = [];
  for (const row of rows) {
    const tests = [...row.matchAll(/`([^`]+\.test\.ts) › ([^`]+)`/g)];
    if (tests.length === 0) missing.push(`no test in: ${row.slice(0, 60)}`);
    for (const [, file = "", name = ""] of tests) {
      const source = await readFile(join(ROOT, file.startsWith("infra/") ? "" : "packages", file), "utf8");
      if (!isCalled(source, name)) missing.push(`${file} › ${name}`);
    }
  }
  expect(missing).toEqual([]);
});
