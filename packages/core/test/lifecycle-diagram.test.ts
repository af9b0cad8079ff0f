import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FAILURES, FailureCode, type FailurePrice } from "../src/failure.ts";
import { lifecycleDiagram } from "../src/lifecycle-diagram.ts";

const page = await readFile(new URL("../../../docs/lifecycle.md", import.meta.url), "utf8");

test("the picture in docs/lifecycle.md is the state machine that runs", () => {
  const [, picture] = /```mermaid\n([\s\S]*?)\n```/.exec(page) ?? [];
  expect(picture).toBe(lifecycleDiagram());
});

const PRICES: Record<FailurePrice, string> = {
  used: "what it used",
  free_if_seen: "nothing if seen",
  free_if_few: "nothing, so often a day",
};

test("the run book has a row for every failure code, with who can help and what it costs", () => {
  const rows = [...page.matchAll(/^\| `([a-z_]+)` +\| (\w+) +\| (.+?) +\|/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual(
    FailureCode.options.map((code) => [code, FAILURES[code].owner, PRICES[FAILURES[code].price]]),
  );
});

test("the run book says of every failure code what happened and what to do", () => {
  const items = [...page.matchAll(/^- \*\*([a-z_]+)\*\*: [^.]+\.\s+[A-Z]/gm)].map(([, code]) => code);
  expect(items).toEqual(FailureCode.options);
});
