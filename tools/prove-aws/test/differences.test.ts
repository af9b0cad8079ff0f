import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { DIFFERENCES } from "../differences.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const document = readFileSync(path.join(ROOT, "docs/aws-differences.md"), "utf8");

test("the document lists every known difference, with AWS's documentation, and no other", () => {
  const listed = [...document.matchAll(/^- \*\*(.+)\*\*$/gm)].map((match) => match[1]);
  expect(listed).toEqual(Object.keys(DIFFERENCES));
  const text = document.replaceAll(/\s+/g, " ");
  for (const { moto, aws, link } of Object.values(DIFFERENCES)) {
    expect(text).toContain(`moto ${moto}.`);
    expect(text).toContain(aws);
    expect(text).toContain(link);
    expect(new URL(link).host).toBe("docs.aws.amazon.com");
  }
});
