import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { runAgent } from "./support/agent.ts";
import { withModel } from "./support/model.ts";
import { withWorkspace } from "./support/workspace.ts";

vi.setConfig({ testTimeout: 60_000 });

// The other behaviours are played by the real agent in packages/generator/test/scenarios.test.ts.

const PROMPT = "a todo list with dark mode";

test("the real agent builds a todo app from the template and succeeds", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const run = await runAgent(model, workspace, PROMPT);
      expect(run.result).toMatchObject({ subtype: "success", is_error: false });
      expect(run.texts[0]).toContain("Todo list");
      expect(run.texts.at(-1)).toContain("is ready");
      const file = (path: string) => readFileSync(join(workspace.path, path), "utf8");
      expect(file("src/App.tsx")).toContain('const title = "Todo list";');
      expect(file("index.html")).toContain("<title>Todo list</title>");
      expect(existsSync(join(workspace.path, "src/components/TodoList.tsx"))).toBe(true);
      expect(run.toolResults.some((text) => /error|not been read/i.test(text))).toBe(false);
      expect(run.messages.some((message) => message.type === "stream_event")).toBe(true);
    }),
  );
});

test("a resumed session changes the app it built, by edits of its files", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const { sessionId } = await runAgent(model, workspace, PROMPT);
      const run = await runAgent(model, workspace, "Add a search box and make it green", {
        resume: sessionId,
      });
      expect(run.result).toMatchObject({ subtype: "success", is_error: false });
      expect(run.tools).toContain(`Edit ${workspace.path}/src/components/TodoList.tsx`);
      expect(run.toolResults.some((text) => /error|not been read/i.test(text))).toBe(false);
      expect(readFileSync(join(workspace.path, "src/components/TodoList.tsx"), "utf8")).toContain(
        "<SearchBox",
      );
      expect(readFileSync(join(workspace.path, "src/index.css"), "utf8")).toContain("#10b981");
    }),
  );
});

test("without its session the agent finds the app in the files and changes it all the same", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      await runAgent(model, workspace, PROMPT);
      const run = await runAgent(model, workspace, 'Change the title to "Weekend plans"');
      expect(run.result).toMatchObject({ subtype: "success" });
      expect(readFileSync(join(workspace.path, "src/App.tsx"), "utf8")).toContain(
        'const title = "Weekend plans";',
      );
      expect(readFileSync(join(workspace.path, "index.html"), "utf8")).toContain(
        "<title>Weekend plans</title>",
      );
    }),
  );
});

test("plan first: a plan and no files; the next message builds it", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const planned = await runAgent(
        model,
        workspace,
        `Propose a plan and do not change any file yet.\n\nThe request:\n\n${PROMPT}`,
      );
      expect(planned.tools).toEqual([]);
      expect(planned.texts.join()).toContain("plan");
      const answer =
        "The answer to your plan:\n\nMake it pink.\n\nBuild the app now, by the plan and this answer.";
      const built = await runAgent(model, workspace, answer, { resume: planned.sessionId });
      expect(built.texts.at(-1)).toContain("Todo list");
      expect(readFileSync(join(workspace.path, "src/App.tsx"), "utf8")).toContain("TodoList");
      expect(readFileSync(join(workspace.path, "src/index.css"), "utf8")).toContain("#ec4899");
    }),
  );
});

test("expired-token: the agent ends with the API's 401", async () => {
  await withModel({ scenario: "expired-token" }, (model) =>
    withWorkspace(async (workspace) => {
      const run = await runAgent(model, workspace, PROMPT);
      expect(run.result).toMatchObject({ is_error: true, api_error_status: 401 });
      expect(run.crash).toContain("401");
    }),
  );
});

test("stall: the model falls silent after the first turn", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const abortController = new AbortController();
      const run = runAgent(model, workspace, `${PROMPT} mock:stall`, { abortController });
      await expect.poll(() => model.requests.length, { timeout: 20_000 }).toBe(2);
      abortController.abort();
      expect((await run).result).toBeUndefined();
    }),
  );
});
