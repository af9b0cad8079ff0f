/** The facts of a run from the queue to a version, as the generator of a todo app reports them. */
import type { Fact } from "@leo/core/event.ts";
import { failure } from "@leo/core/failure.ts";

const APP_SOURCE = `import { useState } from "react";

interface Todo {
  id: string;
  text: string;
  done: boolean;
}

export const App = () => {
  const [todos, setTodos] = useState<Todo[]>([]);
  const add = (text: string) =>
    setTodos((current) => [...current, { id: crypto.randomUUID(), text, done: false }]);
  return (
    <main className="mx-auto max-w-lg p-6">
      <h1 className="text-2xl font-semibold">Todo list</h1>
      <AddTodo onAdd={add} />
      <ul>{todos.map((todo) => <li key={todo.id}>{todo.text}</li>)}</ul>
    </main>
  );
};
`;

export const FILES = {
  "index.html": '<!doctype html>\n<html lang="en">\n  <div id="root"></div>\n</html>\n',
  "package.json": '{\n  "name": "todo-list",\n  "private": true,\n  "type": "module"\n}\n',
  "src/App.tsx": APP_SOURCE,
  "src/main.tsx":
    'import { createRoot } from "react-dom/client";\nimport { App } from "./App.tsx";\n\ncreateRoot(document.getElementById("root")!).render(<App />);\n',
  "src/components/AddTodo.tsx":
    "export const AddTodo = ({ onAdd }: { onAdd: (text: string) => void }) => null;\n",
  "src/lib/storage.ts": 'export const load = () => JSON.parse(localStorage.getItem("todos") ?? "[]");\n',
};

const tool = (toolUseId: string, name: string, target: string, result: string): Fact[] => [
  { type: "agent_tool", toolUseId, name, target, status: "running" },
  { type: "agent_tool", toolUseId, name, target, status: "succeeded", result },
];

const write = (path: keyof typeof FILES, index: number): Fact[] => {
  const [running, done] = tool(`write-${index}`, "Write", path, "File created.");
  const changed: Fact = { type: "file_changed", path, change: "created", sizeBytes: FILES[path].length };
  return running && done ? [running, changed, done] : [];
};

const say = (blockId: string, text: string): Fact[] => {
  const words = text.match(/\S+\s*/g) ?? [];
  return words.map((word, index) => ({
    type: "agent_text",
    blockId,
    text: word,
    done: index === words.length - 1,
  }));
};

export const START: Fact[] = [
  { type: "state_changed", state: "starting", attempt: 1 },
  { type: "attempt_progress", attempt: 1, step: "launching" },
  { type: "attempt_progress", attempt: 1, step: "task_accepted" },
  { type: "attempt_progress", attempt: 1, step: "task_running" },
  { type: "attempt_progress", attempt: 1, step: "connected" },
  { type: "state_changed", state: "running", attempt: 1 },
  { type: "progress", step: "preparing", text: "Preparing the workspace" },
  { type: "log", level: "info", text: "workspace ready, 12 files from the template" },
];

export const WORK: Fact[] = [
  { type: "progress", step: "agent" },
  ...say(
    "t1",
    "I'll build a **todo list** that keeps its items in the browser. First the component that holds them, then the form, then `localStorage`.\n\n- Items can be added, ticked off and removed\n- The theme follows the system and can be changed",
  ),
  ...tool("read-1", "Read", "src/main.tsx", "1  import { createRoot } …"),
  ...write("src/App.tsx", 1),
  ...write("src/components/AddTodo.tsx", 2),
  ...write("src/lib/storage.ts", 3),
  {
    type: "usage",
    inputTokens: 4_210,
    outputTokens: 1_830,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    costUsd: 0.021,
  },
  ...tool(
    "bash-1",
    "Bash",
    "npm run build",
    "vite v8 building…\n✓ 34 modules transformed.\n✓ built in 412ms",
  ),
];

export const FINISH: Fact[] = [
  ...say(
    "t2",
    "The list is done: add an item with Enter, tick it off with Space. Everything survives a reload.",
  ),
  {
    type: "usage",
    inputTokens: 6_020,
    outputTokens: 2_410,
    cacheReadTokens: 3_000,
    cacheWriteTokens: 0,
    costUsd: 0.034,
  },
  { type: "progress", step: "verifying" },
  {
    type: "verified",
    passed: true,
    round: 1,
    checks: [
      { name: "install", result: "passed", durationMs: 40 },
      { name: "typecheck", result: "passed", durationMs: 1_240 },
      { name: "build", result: "passed", durationMs: 610 },
      { name: "smoke", result: "passed", durationMs: 1_890 },
    ],
  },
  { type: "progress", step: "uploading" },
  { type: "artifact_uploaded", fileCount: 14, sizeBytes: 184_320, durationMs: 320 },
  { type: "all_work_complete" },
  { type: "state_changed", state: "finalizing", attempt: 1 },
  { type: "state_changed", state: "completed", attempt: 1 },
];

const BUILD_OUTPUT =
  "src/App.tsx:14:31 - error TS2339: Property 'txt' does not exist on type 'Todo'.\n\n14       <ul>{todos.map((todo) => <li>{todo.txt}</li>)}</ul>\n                                             ~~~\n\nFound 1 error in src/App.tsx:14";

export const FAIL: Fact[] = [
  { type: "progress", step: "verifying" },
  {
    type: "verified",
    passed: false,
    round: 3,
    checks: [
      { name: "install", result: "passed", durationMs: 40 },
      { name: "typecheck", result: "failed", durationMs: 1_240, output: BUILD_OUTPUT },
      { name: "build", result: "skipped", durationMs: 0 },
    ],
  },
  { type: "error", failure: failure("verify_failed", BUILD_OUTPUT) },
  { type: "all_work_complete", failure: failure("verify_failed", BUILD_OUTPUT) },
  { type: "state_changed", state: "failed", attempt: 1, failure: failure("verify_failed", BUILD_OUTPUT) },
];
