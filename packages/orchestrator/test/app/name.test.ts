import fc from "fast-check";
import { expect, test } from "vitest";
import { AppName } from "@leo/core/generation.ts";
import { nameFromPrompt } from "../../src/app/name.ts";
import { anyCharacter } from "../support/characters.ts";

test("an app's name says what was asked for", () => {
  const names: Record<string, string> = {
    "a todo list with dark mode": "Todo list",
    "Build me a kanban board, please": "Kanban board",
    "Please can you make a pomodoro timer that beeps?": "Pomodoro timer",
    "I want to build an app for tracking my runs": "App for tracking my runs",
    "landing page for a coffee shop\nwith prices": "Landing page",
    Calculator: "Calculator",
    make: "Make",
    "erstelle eine \u00dcbersicht": "Erstelle eine \u00dcbersicht",
    "\u4e00\u4e2a\u5f85\u529e\u4e8b\u9879\u5217\u8868": "\u4e00\u4e2a\u5f85\u529e\u4e8b\u9879\u5217\u8868",
    "???": "Untitled app",
    "# Spec: the great one": "Spec",
  };
  for (const [prompt, name] of Object.entries(names)) expect(nameFromPrompt(prompt)).toBe(name);
});

test("any prompt gives a name that the API would take", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, minLength: 1, maxLength: 300 }), (prompt) => {
      const name = nameFromPrompt(prompt);
      expect(AppName.parse(name)).toBe(name);
      expect(name.length).toBeLessThanOrEqual(48);
    }),
    { numRuns: 2_000 },
  );
});
