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
  const [, threats = ""] = /^## Threats\n(.*?)^## /ms.exec(document) ?? [];
  const sections = threats.split(/^### /m).slice(1);
  expect(sections.length).toBeGreaterThan(15);
  const missing: string[] = [];
  for (const section of sections) {
    const [title = ""] = section.split("\n");
    const tests = [...section.matchAll(/^- `([^`]+\.test\.ts) › ([^`]+)`$/gm)];
    if (tests.length === 0) missing.push(`no test in: ${title}`);
    for (const [, file = "", name = ""] of tests) {
      const folder = /^(?:infra|tools)\//.test(file) ? "" : "packages";
      const source = await readFile(join(ROOT, folder, file), "utf8");
      if (!isCalled(source, name)) missing.push(`${file} › ${name}`);
    }
  }
  expect(missing).toEqual([]);
});
