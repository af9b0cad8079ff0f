import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FailureCode } from "../src/failure.ts";
import { lifecycleDiagram } from "../src/lifecycle-diagram.ts";

const page = await readFile(new URL("../../../docs/lifecycle.md", import.meta.url), "utf8");

test("the picture in docs/lifecycle.md is the state machine that runs", () => {
  const [, picture] = /```mermaid\n([\s\S]*?)\n```/.exec(page) ?? [];
  expect(picture).toBe(lifecycleDiagram());
});

test("the run book has a row for every failure code", () => {
  const rows = [...page.matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, code]) => code);
  expect(rows).toEqual(FailureCode.options);
});
