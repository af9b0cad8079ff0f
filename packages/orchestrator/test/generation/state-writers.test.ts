/** Who writes the state of a generation: `transition.ts` and the bulk entries that the doc comment of `decide` names. */
import { readFile, readdir } from "node:fs/promises";
import { expect, test } from "vitest";

const SOURCE = new URL("../../src/", import.meta.url);

/** Statements that write the table: SQL that is written out, and calls of the query builder. */
const WRITES = [
  /(?:update|insert into)\s+leo\.generations\b[\s\S]*?(?=\bwhere\b|\bfrom\b|\breturning\b|`)/g,
  /\.(?:update|insert)\(generations\)[\s\S]*?(?=\.where\(|\.returning\(|\.onConflict|;)/g,
];
/** The column by its name, or columns that come from elsewhere, so that they may hold it: `.set(columns)`, `...columns`. */
const MAY_WRITE_STATE = /\bstate\b\s*(?:=|:|,)|\.(?:set|values)\((?!\{)|\.\.\.\w/;

const writesState = (text: string) =>
  WRITES.some((write) => [...text.matchAll(write)].some(([statement]) => MAY_WRITE_STATE.test(statement)));

test("no other file changes the state of a generation", async () => {
  const files = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(
    files.map(async (name) => ({ name, text: await readFile(new URL(name, SOURCE), "utf8") })),
  );
  const writers = texts.filter(({ text }) => writesState(text)).map(({ name }) => name);
  // In `submit.ts` a new generation begins, as queued.
  expect(writers.toSorted()).toEqual(
    ["claim", "copy-version", "submit", "transition"].map((name) => `generation/${name}.ts`),
  );
});
