import { expect, test } from "vitest";
import { PROJECT_FILES, readProjectFile } from "./project-files.ts";

const TITLE_MAX_CHARS = 100;
const TITLE = /(?:\b(?:describe|it|test)(?:\.\w+)*\(|\)\()\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1\s*,/g;

test(`no test title is longer than ${TITLE_MAX_CHARS} characters`, () => {
  const titles = PROJECT_FILES.filter((file) => /\.test\.tsx?$/.test(file)).flatMap((file) =>
    [...readProjectFile(file).matchAll(TITLE)].map(([, , title = ""]) => ({ file, title })),
  );
  expect(titles.length).toBeGreaterThan(1_000);
  expect(titles.filter(({ title }) => title.length > TITLE_MAX_CHARS)).toEqual([]);
});
