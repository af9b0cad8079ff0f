/** Every page of Leo and every state that people meet. */
import type { Page } from "playwright-core";
import type { Fact } from "@leo/core/event.ts";
import { failure } from "@leo/core/failure.ts";
import { FAIL, FILES, FINISH, START, WORK } from "./scenario.ts";
import type { Stub } from "./stub.ts";

export interface State {
  name: string;
  path: string;
  /** What is done there first. */
  act?: (page: Page) => Promise<void>;
  /** Waits until it can be looked at. */
  ready: (page: Page) => Promise<void>;
}

const add = (stub: Stub, facts: Fact[]) => {
  const { app, generation } = stub.addApp("A todo list with dark mode", "Todo list");
  stub.emit(generation.id, ...facts);
  return { app, generation, path: `/apps/${app.id}` };
};

/** An app of two versions; a download of the first one is asked about. */
const addDone = (stub: Stub) => {
  const done = add(stub, [...START, ...WORK, ...FINISH]);
  const key = { path: "src/key.ts", line: 3, kind: "GitHub token", inBundle: false };
  const secrets = { digest: "d", findings: [key], count: 1 };
  stub.versions.set(done.generation.id, { files: { ...FILES }, checks: [], secrets });
  const second = stub.addGeneration(done.app.id, "Add a filter");
  stub.emit(second.id, ...START, ...WORK, ...FINISH);
  const changed = { ...FILES, "src/App.tsx": FILES["src/App.tsx"].replace("Todo list", "My todos") };
  stub.versions.set(second.id, { files: changed, checks: [] });
  return done.path;
};

const addCopy = (stub: Stub) => {
  const made = stub.addApp("A todo list", "A copy");
  stub.emit(
    made.generation.id,
    { type: "version_copied", fromGenerationId: made.generation.id, fromVersion: 1, fromApp: "Todo list" },
    { type: "state_changed", state: "completed", attempt: 1 },
  );
  return `/apps/${made.app.id}`;
};

const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();

/** A run that has come this far, and words that say so. */
const run = (stub: Stub, name: string, facts: Fact[], words: string): State => ({
  name,
  path: add(stub, facts).path,
  ready: text(words),
});

const ended = (state: "failed" | "cancelled"): Fact => ({
  type: "state_changed",
  state,
  attempt: 1,
  ...(state === "failed" && { failure: failure("expired") }),
});

const runs = (stub: Stub): State[] => [
  run(stub, "queued", [], "Next in the queue"),
  run(stub, "starting", START.slice(0, 3), "Loading the image"),
  run(stub, "running", [...START, ...WORK], "npm run build"),
  run(
    stub,
    "queue",
    [...START, ...WORK, { type: "user_message", messageId: "m1", text: "Use blue" }],
    "Use blue",
  ),
  run(stub, "plan", [...START, { type: "plan_proposed", text: "1. A form" }], "Build this plan"),
  run(stub, "failed", [...START, ...WORK, ...FAIL], "This run failed"),
  run(stub, "expired", [ended("failed")], "waited too long"),
  run(stub, "cancelled", [...START, ended("cancelled")], "Try again"),
];

const tabs = (done: string): State[] => [
  { name: "done", path: done, ready: text("Version 2 is ready") },
  { name: "code", path: `${done}?tab=code&file=src/App.tsx&line=3`, ready: text("useState") },
  { name: "changes", path: `${done}?tab=changes`, ready: text("My todos") },
  { name: "log", path: `${done}?tab=log`, ready: text("The agent finished") },
  { name: "versions", path: `${done}?tab=versions`, ready: text("Restore") },
];

/** What opens over a page. */
const overlays = (done: string): State[] => [
  {
    name: "version menu",
    path: `${done}?tab=versions`,
    act: (page) => page.getByRole("button", { name: "More actions for version 1" }).click(),
    ready: (page) => page.getByRole("menuitem", { name: "Copy to new app" }).waitFor(),
  },
  {
    name: "share",
    path: done,
    act: async (page) => {
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByRole("button", { name: "Create link" }).click();
    },
    ready: (page) =>
      page
        .getByRole("button", { name: /^Revoke/ })
        .first()
        .waitFor(),
  },
  {
    name: "publish",
    path: done,
    act: (page) => page.getByRole("button", { name: "Publish", exact: true }).click(),
    ready: (page) => page.getByRole("button", { name: "Publish version 2" }).waitFor(),
  },
  {
    name: "secrets in a download",
    path: `${done}?tab=versions`,
    act: (page) => page.getByRole("button", { name: "Download version 1" }).click(),
    ready: (page) => page.getByRole("alertdialog").waitFor(),
  },
  {
    name: "palette",
    path: "/",
    act: (page) => page.getByRole("button", { name: "Search and commands" }).click(),
    ready: (page) => page.getByRole("option").first().waitFor(),
  },
  {
    name: "account menu",
    path: "/",
    act: (page) => page.getByRole("button", { name: "Account" }).click(),
    ready: (page) => page.getByRole("menuitem", { name: "Sign out" }).waitFor(),
  },
];

const pages = (copy: string): State[] => [
  { name: "home", path: "/", ready: (page) => page.getByRole("heading", { name: "Your apps" }).waitFor() },
  {
    name: "home search",
    path: "/",
    act: (page) => page.getByRole("searchbox").fill("nothing like it"),
    ready: text("No apps match"),
  },
  { name: "copied", path: copy, ready: text("Copied from version 1") },
  {
    name: "account",
    path: "/account",
    act: (page) => page.getByText("Show as table").click(),
    ready: (page) => page.getByRole("columnheader", { name: "Spent" }).waitFor(),
  },
  {
    name: "not found",
    path: "/nope",
    ready: (page) => page.getByRole("heading", { name: "Not found" }).waitFor(),
  },
];

/** Makes what they need in the stub. */
export const everyState = (stub: Stub): State[] => {
  const done = addDone(stub);
  return [...runs(stub), ...tabs(done), ...pages(addCopy(stub)), ...overlays(done)];
};
