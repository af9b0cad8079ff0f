import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cyclesOf } from "../cycles.ts";
import { folderGraph, type Part } from "../graph.ts";
import { importsOf } from "../imports.ts";
import { partsOf } from "../parts.ts";
import { renderCycle } from "../render.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** The graph of these sources. */
const graphFrom = async (sources: Record<string, string>, part: Partial<Part> = {}) => {
  const root = await mkdtemp(path.join(tmpdir(), "leo-folders-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [file, text] of Object.entries(sources)) {
    await mkdir(path.join(root, "src", path.dirname(file)), { recursive: true });
    await writeFile(path.join(root, "src", file), text);
  }
  return folderGraph(root, { name: "sample", folder: "src", ...part });
};

test("every way to import counts, types too", () => {
  const source = `
    import a from "./a.ts"; import type { B } from "./b.ts"; import "./c.ts";
    export * from "./d.ts"; export { e } from "./e.ts"; export type { F } from "./f.ts";
    const g = import("./g.ts"); type H = import("./h.ts").H;
    const text = 'import z from "./z.ts"'; // import y from "./y.ts"
  `;
  const letters = ["a", "b", "c", "d", "e", "f", "g", "h"];
  expect(importsOf("x.ts", source).toSorted()).toEqual(letters.map((letter) => `./${letter}.ts`));
  expect(importsOf("x.tsx", 'import a from "./a.ts"; const b = <a.B>text</a.B>;')).toEqual(["./a.ts"]);
  expect(() => importsOf("broken.ts", "import {")).toThrow("broken.ts cannot be parsed");
});

test("folders that import each other over a third are a cycle, and its imports are named", async () => {
  const graph = await graphFrom({
    "one/a.ts": 'import "../two/b.ts";',
    "two/b.ts": 'import type { C } from "../three/c.ts";',
    "three/c.ts": 'export * from "../one/d.ts";',
    "one/d.ts": 'import "../four/e.ts";',
    "four/e.ts": "export {};",
  });
  const cycles = cyclesOf(graph);
  expect(cycles).toEqual([["one", "three", "two"]]);
  const said = renderCycle("sample", graph, cycles[0] ?? []);
  expect(said).toContain("sample: 3 folders import each other");
  expect(said).toContain("two -> three\n    two/b.ts -> three/c.ts");
  expect(said).not.toContain("four");
});

test("a file at the root is a node of its own, a subfolder is not its parent", async () => {
  const graph = await graphFrom({
    "main.ts": 'import "./room/verb.ts"; import "./app.ts";',
    "app.ts": "export {};",
    "room/verb.ts": 'import "../app.ts"; import "./sub/detail.ts";',
    "room/sub/detail.ts": "export {};",
  });
  expect([...graph.keys()].toSorted()).toEqual(["app.ts", "main.ts", "room", "room/sub"]);
  expect(cyclesOf(graph)).toEqual([]);
});

test("a package that imports itself by name is followed, tests and other parts are not", async () => {
  const sources = {
    "one/a.ts": 'import "@leo/sample/two/b.ts";',
    "two/b.ts": 'import "../one/a.ts"; import "../three/c.ts";',
    "three/c.ts": 'import "../two/b.ts";',
    "four/test/d.ts": 'import "../../four/e.ts";',
    "four/e.ts": 'import "./test/d.ts";',
  };
  const graph = await graphFrom(sources, { packageName: "@leo/sample", without: ["three"] });
  expect(cyclesOf(graph)).toEqual([["one", "two"]]);
});

test("every workspace is a part, and so are infra and the rest of tools", () => {
  const parts = partsOf(ROOT);
  expect(parts.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["orchestrator", "generator", "web", "local", "infra", "tools"]),
  );
  expect(parts.find(({ name }) => name === "tools")?.without).toContain("local");
  for (const part of parts) expect([part.name, folderGraph(ROOT, part).size]).not.toEqual([part.name, 0]);
});
