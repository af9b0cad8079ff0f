/** The real agent against the scripted model. Its other behaviours: packages/generator/test/scenarios.test.ts and continuity.test.ts. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runAgent, type AgentRun } from "./support/agent.ts";
import { withModel } from "./support/model.ts";
import { withWorkspace } from "./support/workspace.ts";

const PROMPT = "a todo list with dark mode";

const expectNoRefusal = ({ result, toolResults }: AgentRun) => {
  expect(result).toMatchObject({ subtype: "success", is_error: false });
  expect(toolResults.some((text) => /error|not been read/i.test(text))).toBe(false);
};

test("the real agent builds an app, edits it within its session, and finds it again without one", () =>
  withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const file = (path: string) => readFileSync(join(workspace.path, path), "utf8");

      const built = await runAgent(model, workspace, PROMPT);
      expectNoRefusal(built);
      expect(built.texts[0]).toContain("Todo list");
      expect(built.texts.at(-1)).toContain("is ready");
      expect(file("src/App.tsx")).toContain('const title = "Todo list";');
      expect(file("index.html")).toContain("<title>Todo list</title>");
      expect(existsSync(join(workspace.path, "src/components/TodoList.tsx"))).toBe(true);
      expect(built.messages.some((message) => message.type === "stream_event")).toBe(true);

      const resume = { resume: built.sessionId };
      const changed = await runAgent(model, workspace, "Add a search box and make it green", resume);
      expectNoRefusal(changed);
      expect(changed.tools).toContain(`Edit ${workspace.path}/src/components/TodoList.tsx`);
      expect(file("src/components/TodoList.tsx")).toContain("<SearchBox");
      expect(file("src/index.css")).toContain("#10b981");

      const renamed = await runAgent(model, workspace, 'Change the title to "Weekend plans"');
      expectNoRefusal(renamed);
      expect(file("src/App.tsx")).toContain('const title = "Weekend plans";');
      expect(file("index.html")).toContain("<title>Weekend plans</title>");
    }),
  ));
