import { expect, test } from "vitest";
import { PathNames } from "../src/path-names.ts";

const taken = (paths: readonly string[]) => {
  const names = new PathNames();
  return paths.filter((path) => names.add(path));
};

test.for([
  [["a.txt", "a.txt"]],
  [["src/App.tsx", "src/app.tsx"]],
  [["Src/App.tsx", "src/app.TSX"]],
  [["\u00fc", "u\u0308"]],
  [["\u00dc", "u\u0308"]],
  [["stra\u00dfe", "STRASSE"]],
  [["\u1e9e", "ss"]],
  [["K", "\u212a"]],
  [["\u0391\u03a3", "\u03b1\u03c2"]],
  [["a", "A/b"]],
  [["A/b/c", "a"]],
  [["A/b/c", "a/B"]],
])("of %j, which are one name on a Mac, the first is taken", ([paths]) => {
  expect(taken(paths as string[])).toEqual([paths?.[0]]);
});

test("folders that differ in case hold files beside each other, and what was not taken is in nobody's way", () => {
  const paths = ["Src/a.ts", "src/b.ts", "src/c/d.ts", "SRC/C/e.ts", "src2/a.ts", "a", "b"];
  expect(taken(paths)).toEqual(paths);
  expect(taken(["a", "A/b/c", "a/b", "b/c"])).toEqual(["a", "b/c"]);
});
