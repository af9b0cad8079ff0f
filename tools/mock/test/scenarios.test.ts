import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { withModel } from "./support/model.ts";
import { play, type Message } from "./support/play.ts";
import { build, typecheck, withWorkspace, withWorkspaces, type Workspace } from "./support/workspace.ts";

vi.setConfig({ testTimeout: 60_000 });

const APPS = [
  { prompt: "a todo list", name: "todo", component: "TodoList" },
  { prompt: "a kanban board for our team", name: "kanban", component: "Board" },
  { prompt: "a notes app", name: "notes", component: "Notebook" },
  { prompt: "a calculator", name: "calculator", component: "Calculator" },
  { prompt: "a pomodoro timer", name: "pomodoro", component: "Timer" },
  { prompt: "a landing page for a coffee roastery called Dawn", name: "landing", component: "Landing" },
  { prompt: "track my houseplants", name: "general", component: "Collection" },
];

const FOLLOW_UPS = [
  'change the title to "Our place"',
  "make it teal, please",
  "dark mode by default",
  "add a search box",
  "add a footer section",
  "now add shopping ideas",
];

test("every app type-checks, and it builds after every kind of follow-up", { timeout: 180_000 }, () =>
  withModel({}, (model) =>
    withWorkspaces(
      APPS.map(({ name }) => name),
      async (workspaces, all) => {
        const apps = APPS.map((app, index) => {
          const workspace = workspaces[index] as Workspace;
          const file = (path: string) => readFileSync(join(workspace.path, path), "utf8");
          return { ...app, workspace, file, messages: [] as Message[] };
        });
        for (const { prompt, component, workspace, messages, file } of apps) {
          const [report = ""] = await play(model, workspace, [prompt], messages);
          const isStandIn = component === "Collection";
          expect(report.includes("is ready")).toBe(!isStandIn);
          expect(report).toContain(
            isStandIn ? "plays prepared apps" : "Whatever else you asked for is not in it.",
          );
          expect(file("src/App.tsx")).toContain(`<${component}`);
        }
        await typecheck(all);

        for (const { name, workspace, messages, file } of apps) {
          const reports = await play(model, workspace, FOLLOW_UPS, messages);
          expect(reports.every((text) => text.startsWith("Done."))).toBe(true);
          expect(file("src/App.tsx")).toContain('const title = "Our place";');
          expect(file("src/App.tsx")).toContain('<Panel heading="Footer" />');
          expect(file("src/App.tsx")).toContain('<Panel heading="Shopping ideas" />');
          expect(file("src/index.css")).toContain("#14b8a6");
          expect(file("src/lib/useTheme.ts")).toContain('"dark";');
          const searchable = ["todo", "kanban", "notes", "general"].includes(name);
          expect(existsSync(join(workspace.path, "src/components/SearchBox.tsx"))).toBe(searchable);
        }
        await typecheck(all);
        await build(...workspaces);
      },
    ),
  ),
);

test("a second prompt that names another app replaces the first", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      await play(model, workspace, ["a todo list", "a pomodoro timer"]);
      expect(readFileSync(join(workspace.path, "src/App.tsx"), "utf8")).toContain("<Timer");
      await typecheck(workspace);
    }),
  );
});

test("a build error breaks the checks, and the repair that follows mends them", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const messages: Message[] = [];
      await play(model, workspace, ["a calculator mock:build-error"], messages);
      const broken = await typecheck(workspace).catch((error: Error) => error.message);
      expect(broken).toContain("TS2307");
      await expect(build(workspace)).rejects.toThrow("missing");
      const repair = `The app does not pass its checks. Fix the cause, then end with a short summary.\n\n## typecheck\n\n${broken}`;
      await play(model, workspace, [repair], messages);
      await typecheck(workspace);
      await build(workspace);
    }),
  );
});

test("a build error in a follow-up is mended too, even with another request in between", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const messages: Message[] = [];
      await play(
        model,
        workspace,
        ["a calculator", "make it red mock:build-error", "add a footer"],
        messages,
      );
      await expect(typecheck(workspace)).rejects.toThrow("TS2307");
      await play(model, workspace, ["The app does not pass its checks.\n\n## build\n\n1 error"], messages);
      await typecheck(workspace);
    }),
  );
});

test("a build error for ever survives every repair", async () => {
  await withModel({ scenario: "build-error-forever" }, (model) =>
    withWorkspace(async (workspace) => {
      const repair = "The app does not pass its checks. Fix the cause.";
      const reports = await play(model, workspace, ["a calculator", repair, repair, repair]);
      expect(reports).toHaveLength(4);
      await expect(typecheck(workspace)).rejects.toThrow("TS2307");
    }),
  );
});

test("a blank page passes the compiler, and its repair takes the fault away", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const messages: Message[] = [];
      await play(model, workspace, ["a notes app mock:blank-page"], messages);
      const app = () => readFileSync(join(workspace.path, "src/App.tsx"), "utf8");
      await typecheck(workspace);
      expect(app()).toContain("throw new Error");
      await play(model, workspace, ["The app does not pass its checks.\n\n## smoke\n\nblank"], messages);
      expect(app()).not.toContain("throw new Error");
    }),
  );
});

test("files too large and too many are made where the scenario says so", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      await play(model, workspace, ["a notes app mock:big-file"]);
      expect(statSync(join(workspace.path, "public/film.mp4")).size).toBeGreaterThan(10 * 1024 * 1024);
    }),
  );
});

test("an environment's app and behaviour hold for every prompt", async () => {
  await withModel({ scenario: "kanban slow", slowMs: 1 }, (model) =>
    withWorkspace(async (workspace) => {
      const [report] = await play(model, workspace, ["anything at all"]);
      expect(report).toContain("three columns");
    }),
  );
});

test("a behaviour that does not exist is named in the answer", async () => {
  await withModel({}, (model) =>
    withWorkspace(async (workspace) => {
      const [report] = await play(model, workspace, ["a todo list mock:no-such-thing"]);
      expect(report).toContain("no-such-thing");
    }),
  );
});
