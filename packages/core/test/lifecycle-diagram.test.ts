import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FAILURES, FailureCode, type FailurePrice } from "../src/failure.ts";
import { lifecycleDiagram } from "../src/lifecycle-diagram.ts";

const page = await readFile(new URL("../../../docs/lifecycle.md", import.meta.url), "utf8");

test("the diagram in docs/lifecycle.md matches the state machine", () => {
  const [, diagram] = /```mermaid\n([\s\S]*?)\n```/.exec(page) ?? [];
  expect(diagram).toBe(lifecycleDiagram());
});

const PRICES: Record<FailurePrice, string> = {
  used: "what it used",
  free_if_seen: "nothing if seen",
  free_if_few: "nothing, a few times a day",
};

test("the run book's table lists who can help and the cost for every failure code", () => {
  const rows = [...page.matchAll(/^\| `([a-z_]+)` +\| (\w+) +\| (.+?) +\|/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual(
    FailureCode.options.map((code) => [code, FAILURES[code].owner, PRICES[FAILURES[code].price]]),
  );
});

test("the run book says what happened and what to do for every failure code", () => {
  const items = [...page.matchAll(/^- \*\*([a-z_]+)\*\*: [^.]+\.\s+[A-Z]/gm)].map(([, code]) => code);
  expect(items).toEqual(FailureCode.options);
});
