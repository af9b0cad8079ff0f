import { expect, test } from "vitest";
import { appNamedIn } from "../src/model-server/scripts/apps.ts";
import { colourIn, withAccent } from "../src/model-server/scripts/accent.ts";
import {
  isChangeRequest,
  mockWords,
  newTitleIn,
  subjectFromPrompt,
  titleFromPrompt,
} from "../src/model-server/scripts/prompt-words.ts";

test.for([
  ["a todo list with dark mode", "Todo list"],
  ["Build me a kanban board for our marketing team, please", "Kanban board for our marketing team"],
  ["track my houseplants and when I water them", "Houseplants"],
  ["an app for my recipes", "Recipes"],
  ["make a pomodoro timer named “Deep work”", "Deep work"],
  ["a landing page for a coffee roastery called Dawn", "Dawn"],
  ["a todo list mock:stall", "Todo list"],
  ["日本語のアプリ", "日本語のアプリ"],
  ["🎉", "Nameless"],
])("the title of %o is %o", ([prompt, title]) => {
  expect(titleFromPrompt(prompt as string, "Nameless")).toBe(title);
});

test("a title never holds what could break out of a string, JSX or HTML", () => {
  const prompt = 'a page `x` ${process.exit()} "q" \\ </script><img onerror=1> {y} */';
  for (const read of [titleFromPrompt, subjectFromPrompt]) {
    expect(read(`${prompt} for ${prompt}`, "Nameless")).not.toMatch(/["'`\\{}<>$*]/);
  }
  expect(newTitleIn(`change the title to ${prompt}`)).not.toMatch(/["'`\\{}<>$*]/);
});

test("a title has at most 40 characters and ends at a word", () => {
  const title = titleFromPrompt("a very long description of an extraordinarily detailed thing", "");
  expect(title).toBe("Very long description of an");
});

test.for([
  ["a todo list", "todo"],
  ["my to-dos", "todo"],
  ["a kanban board with a to do column", "kanban"],
  ["a note-taking app", "notes"],
  ["a simple calculator", "calculator"],
  ["a pomodoro timer", "pomodoro"],
  ["a landing page for a notes app", "landing"],
  ["a recipe collection", undefined],
])("%o asks for the app %o", ([prompt, name]) => {
  expect(appNamedIn(prompt as string)?.name).toBe(name);
});

test.for([
  ["add a search box", true],
  ["please make it blue", true],
  ["Could you change the title to X", true],
  ["a kanban board", false],
  ["make a calculator", false],
])("%o is a change of what exists: %o", ([prompt, expected]) => {
  expect(isChangeRequest(prompt as string)).toBe(expected);
});

test.for([
  ['change the title to "Weekend plans"', "Weekend plans"],
  ["rename it to Chores please", "Chores"],
  ["call it home base", "Home base"],
  ["add a search box", undefined],
])("%o wants the title %o", ([prompt, title]) => {
  expect(newTitleIn(prompt as string)).toBe(title);
});

test("a colour is read from the prompt and written over the accent", () => {
  expect(colourIn("make it Grey")).toBe("gray");
  expect(colourIn("a bluebird page")).toBeUndefined();
  const css = "@theme {\n  --color-accent-400: #000;\n  --color-accent-500: #000;\n}\n";
  expect(withAccent(css, "blue")).toBe(
    "@theme {\n  --color-accent-400: #60a5fa;\n  --color-accent-500: #3b82f6;\n}\n",
  );
});

test("behaviours are named by mock: words, in any case", () => {
  expect(mockWords("Mock:Stall a list mock:rate-limit.")).toEqual(["stall", "rate-limit"]);
});
