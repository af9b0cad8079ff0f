import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Fact } from "@leo/core/event.ts";
import { withPage } from "./support/browser.ts";
import { signIn, timeline } from "./support/pages.ts";
import { FAIL, FILES, FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

declare global {
  interface Window {
    axe: { run: (context: object, options: object) => Promise<AxeResults> };
  }
}

/** What axe finds wrong, one line for each place. Apps in frames are not Leo's. */
const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(AXE);
  const results = await page.evaluate(() =>
    window.axe.run({ exclude: [["iframe"]] }, { resultTypes: ["violations"], iframes: false }),
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary?.replaceAll("\n", " ")}`),
  );
};

const add = (stub: Stub, facts: Fact[]) => {
  const { app, generation } = stub.addApp("A todo list with dark mode", "Todo list");
  stub.emit(generation.id, ...facts);
  return { app, generation };
};

const addCopy = (stub: Stub) => {
  const made = stub.addApp("A todo list", "A copy");
  stub.emit(
    made.generation.id,
    { type: "version_copied", fromGenerationId: made.generation.id, fromVersion: 1, fromApp: "Todo list" },
    { type: "state_changed", state: "completed", attempt: 1 },
  );
  return made;
};

/** Every page and state, and what is there once it can be looked at. */
const open = (stub: Stub): Record<string, (page: Page) => Promise<void>> => {
  const done = add(stub, [...START, ...WORK, ...FINISH]);
  const key = { path: "src/key.ts", line: 3, kind: "GitHub token", inBundle: false };
  const secrets = { digest: "d", findings: [key], count: 1 };
  stub.versions.set(done.generation.id, { files: { ...FILES }, checks: [], secrets });
  const second = stub.addGeneration(done.app.id, "Add a filter");
  stub.emit(second.id, ...START, ...WORK, ...FINISH);
  const changed = { ...FILES, "src/App.tsx": FILES["src/App.tsx"].replace("Todo list", "My todos") };
  stub.versions.set(second.id, { files: changed, checks: [] });
  const visit = (path: string, ready: (page: Page) => Promise<void>) => async (page: Page) => {
    await page.goto(`${stub.url}${path}`);
    await ready(page);
  };
  const app = (made: { app: { id: string } }, search: string, text: string) =>
    visit(`/apps/${made.app.id}${search}`, (page) => page.getByText(text).first().waitFor());
  return {
    home: visit("/", (page) => page.getByRole("heading", { name: "Your apps" }).waitFor()),
    queued: app(add(stub, []), "", "Next in the queue"),
    starting: app(add(stub, START.slice(0, 3)), "", "Machine granted, loading the image"),
    running: app(add(stub, [...START, ...WORK]), "", "npm run build"),
    queue: app(
      add(stub, [...START, ...WORK, { type: "user_message", messageId: "m1", text: "Use blue" }]),
      "",
      "Use blue",
    ),
    plan: app(add(stub, [...START, { type: "plan_proposed", text: "1. A form" }]), "", "Accept the plan"),
    done: app(done, "", "Version 2 is ready"),
    failed: app(add(stub, [...START, ...WORK, ...FAIL]), "", "This run failed"),
    cancelled: app(
      add(stub, [...START, { type: "state_changed", state: "cancelled", attempt: 1 }]),
      "",
      "Try again",
    ),
    code: app(done, "?tab=code&file=src/App.tsx&line=3", "useState"),
    changes: app(done, "?tab=changes", "My todos"),
    log: app(done, "?tab=log", "all work complete"),
    versions: app(done, "?tab=versions", "Restore"),
    "version menu": async (page) => {
      await page.getByRole("button", { name: "More for version 1" }).click();
      await page.getByRole("menuitem", { name: "Copy as a new app" }).waitFor();
    },
    "home search": visit("/", async (page) => {
      await page.getByRole("searchbox").fill("nothing like it");
      await page.getByText("No app of yours is called").waitFor();
    }),
    copied: app(addCopy(stub), "", "The files of version 1"),
    account: visit("/account", async (page) => {
      await page.getByText("As a table").click();
      await page.getByRole("columnheader", { name: "Spent" }).waitFor();
    }),
    share: visit(`/apps/${done.app.id}`, async (page) => {
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByRole("button", { name: "Make a link" }).click();
      await page.getByRole("button", { name: /^Revoke/ }).waitFor();
    }),
    "secrets in a download": visit(`/apps/${done.app.id}?tab=versions`, async (page) => {
      await page.getByRole("button", { name: "Download version 1" }).click();
      await page.getByRole("alertdialog").waitFor();
    }),
    "not found": visit("/nope", (page) => page.getByRole("heading", { name: "Not found" }).waitFor()),
    palette: visit("/", async (page) => {
      await page.getByRole("button", { name: "Search and commands" }).click();
      await page.getByRole("option").first().waitFor();
    }),
    menu: visit("/", async (page) => {
      await page.getByRole("button", { name: "Account" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
    }),
  };
};

const SCREENS = [
  { name: "a light desktop", options: { colorScheme: "light" } },
  { name: "a dark desktop", options: { colorScheme: "dark" } },
  {
    name: "a dark phone",
    options: { colorScheme: "dark", viewport: { width: 360, height: 740 }, isMobile: true },
  },
] as const;

/** How a download that holds secrets is asked about first. */
const REFUSED_DOWNLOAD = /status of 409/;

test.for(SCREENS)("no page or state has a violation on $name", { timeout: 240_000 }, async ({ options }) => {
  await withStub({}, (stub) =>
    withPage({ ...options, allowedErrors: REFUSED_DOWNLOAD }, async (page) => {
      await page.goto(stub.url);
      await page.getByRole("button", { name: "Continue as the local user" }).waitFor();
      const found: Record<string, string[]> = { "sign in": await violations(page) };
      await signIn(page, stub.url);
      for (const [name, go] of Object.entries(open(stub))) {
        await go(page);
        found[name] = await violations(page);
      }
      const wrong = Object.entries(found).flatMap(([name, list]) => list.map((line) => `${name}: ${line}`));
      expect(wrong).toEqual([]);
    }),
  );
});

test("everything in the workspace can be reached and used with the keyboard alone", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app } = add(stub, [...START, ...WORK, ...FINISH]);
      await signIn(page, `${stub.url}/apps/${app.id}`);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      const reached = new Set<string>();
      for (let step = 0; step < 60; step += 1) {
        await page.keyboard.press("Tab");
        const name = await page.evaluate(() => {
          const element = document.activeElement;
          return (
            element?.getAttribute("aria-label") ??
            element?.getAttribute("title") ??
            element?.textContent ??
            ""
          );
        });
        reached.add(name.trim());
      }
      for (const name of [
        "Leo, home",
        "Timeline",
        "What should change?",
        "Width of the conversation",
        "Preview",
      ]) {
        expect([...reached]).toContain(name);
      }
      await page.getByRole("tab", { name: "Preview" }).focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await expect.poll(() => new URL(page.url()).searchParams.get("tab")).toBe("code");
    }),
  );
});
