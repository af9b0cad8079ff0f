import path from "node:path";
import { expect, test } from "vitest";
import { PROJECT_FILES, readProjectFile } from "./project-files.ts";

const TABLE_MAX_COLUMNS = 120;
const PAGES = PROJECT_FILES.filter((file) => file.endsWith(".md")).map((file) => {
  const text = readProjectFile(file);
  return { file, text, prose: text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "") };
});
const ANCHORS = new Map(PAGES.map(({ file, prose }) => [file, anchorsOf(prose)]));
const FOLDERS = new Set(PROJECT_FILES.flatMap((file) => foldersOf(file)));

/** Headings as GitHub links to them. */
function anchorsOf(prose: string): string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function foldersOf(file: string): string[] {
  const folder = path.posix.dirname(file);
  return folder === "." ? [] : [folder, ...foldersOf(folder)];
}

const isFileOrFolder = (name: string) => PROJECT_FILES.includes(name) || FOLDERS.has(name);

/** A path from the root, such as `infra/alarms.ts` or `packages/core`. */
const isRooted = (name: string) => /^(?:docs|infra|packages|tools)\/[\w./-]*$/.test(name);
/** A source file, perhaps without the start of its path, such as `db/roles.ts`. */
const isSource = (name: string) => /^[\w./-]+\.(?:mjs|sh|tsx?)$/.test(name);

test("links between pages lead to files and headings that exist", () => {
  const broken = PAGES.flatMap(({ file, prose }) =>
    [...prose.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(([link, to = "", anchor]) => {
      const target = to === "" ? file : path.posix.join(path.posix.dirname(file), to).replace(/\/$/, "");
      const isThere = isFileOrFolder(target) && (!anchor || ANCHORS.get(target)?.includes(anchor));
      return isThere ? [] : [`${file}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

test("source files and folders that a page names exist", () => {
  const missing = PAGES.flatMap(({ file, prose }) =>
    [...prose.matchAll(/`([^`\s]+)`/g)].flatMap(([, name = ""]) => {
      if (isRooted(name)) return isFileOrFolder(name.replace(/\/$/, "")) ? [] : [`${file}: ${name}`];
      if (!isSource(name)) return [];
      return PROJECT_FILES.some((each) => `/${each}`.endsWith(`/${name}`)) ? [] : [`${file}: ${name}`];
    }),
  );
  expect(missing).toEqual([]);
});

test(`no table is wider than ${TABLE_MAX_COLUMNS} columns`, () => {
  const wide = PAGES.flatMap(({ file, prose }) =>
    prose
      .split("\n")
      .filter((line) => line.startsWith("|") && line.length > TABLE_MAX_COLUMNS)
      .map((line) => `${file}: ${line}`),
  );
  expect(wide).toEqual([]);
});
