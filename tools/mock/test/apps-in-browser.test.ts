import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { withPage } from "./support/browser.ts";
import { withModel } from "./support/model.ts";
import { play } from "./support/play.ts";
import { build, createWorkspace } from "./support/workspace.ts";

vi.setConfig({ testTimeout: 60_000 });

const TODO = ["a todo list with dark mode"];
const SEARCHABLE_TODO = [...TODO, "add a search box"];
const CALCULATOR = ["a calculator"];
const KANBAN = ["a kanban board"];
const NOTES = ["a notes app"];
const POMODORO = ["a pomodoro timer"];
const LANDING = ["a landing page for a coffee roastery called Dawn"];
const PLANTS = ["track my houseplants and when I water them"];
const CHESS = ["Build me a multiplayer chess game with login"];
const APPS = [TODO, SEARCHABLE_TODO, CALCULATOR, KANBAN, NOTES, POMODORO, LANDING, PLANTS, CHESS];

/** The folder of each app, by its prompts: all are built once, before the tests. */
const built = new Map<string[], Awaited<ReturnType<typeof createWorkspace>>>();

beforeAll(async () => {
  await withModel({}, async (model) => {
    for (const prompts of APPS) {
      const workspace = await createWorkspace();
      built.set(prompts, workspace);
      await play(model, workspace, prompts);
    }
  });
  await build(...built.values());
});
afterAll(async () => {
  await Promise.all([...built.values()].map((workspace) => workspace.remove()));
});

const withApp = async (
  prompts: string[],
  use: (page: Page) => Promise<void>,
  headers: Record<string, string> = {},
) => {
  await withPage(join(built.get(prompts)?.path ?? "", "dist"), use, headers);
};

/** Waits until an element with this text is seen. */
const seeText = async (page: Page, text: string) => {
  await page.getByText(text).first().waitFor();
};

const count = (page: Page, selector: string) => page.locator(selector).count();

test("the todo app: an item is added by keyboard, ticked off, and still there after a reload", async () => {
  await withApp(TODO, async (page) => {
    expect(await page.title()).toBe("Todo list");
    await seeText(page, "Nothing to do yet");
    for (const text of ["Buy milk", "Call Anna"]) {
      await page.getByLabel("New item").fill(text);
      await page.keyboard.press("Enter");
    }
    await page.getByLabel("Done: Buy milk").check();
    await seeText(page, "1 item left");
    await page.reload();
    await seeText(page, "1 item left");
    expect(await page.getByLabel("Done: Buy milk").isChecked()).toBe(true);
    await page.getByRole("button", { name: "Open", exact: true }).click();
    expect(await count(page, "ul[aria-label=Items] li")).toBe(1);
    await page.getByRole("button", { name: "Clear done" }).click();
    await page.getByRole("button", { name: "Delete Call Anna" }).click();
    await seeText(page, "All done");
  });
});

test("the theme follows the system, is switched by a button and survives a reload", async () => {
  await withApp(TODO, async (page) => {
    const isDark = () => page.evaluate("document.documentElement.classList.contains('dark')");
    const toggle = page.getByRole("button", { name: "Dark mode" });
    await toggle.waitFor();
    expect(await isDark()).toBe(false);
    await toggle.click();
    expect(await isDark()).toBe(true);
    await page.reload();
    await toggle.waitFor();
    expect(await isDark()).toBe(true);
  });
});

test("an app works in a sandbox that has no storage", async () => {
  const sandbox = {
    "content-security-policy": "sandbox allow-scripts allow-forms",
    "access-control-allow-origin": "*",
  };
  const use = async (page: Page) => {
    await page.getByLabel("New item").fill("Buy milk");
    await page.keyboard.press("Enter");
    await seeText(page, "1 item left");
    await expect(page.evaluate("window.localStorage")).rejects.toThrow("sandboxed");
    await page.reload();
    await seeText(page, "Nothing to do yet");
  };
  await withApp(TODO, use, sandbox);
});

test("a search box that a follow-up added narrows the list", async () => {
  await withApp(SEARCHABLE_TODO, async (page) => {
    for (const text of ["Buy milk", "Call Anna"]) {
      await page.getByLabel("New item").fill(text);
      await page.keyboard.press("Enter");
    }
    await page.getByLabel("Search").fill("anna");
    await expect.poll(() => count(page, "ul[aria-label=Items] li")).toBe(1);
    await page.keyboard.press("Escape");
    await expect.poll(() => count(page, "ul[aria-label=Items] li")).toBe(2);
  });
});

test("the calculator reckons by keyboard and keeps its history", async () => {
  await withApp(CALCULATOR, async (page) => {
    const result = page.getByLabel("Result");
    await result.waitFor();
    await page.keyboard.type("0.1+0.2");
    await page.keyboard.press("Enter");
    await expect.poll(() => result.textContent()).toBe("0.3");
    await page.keyboard.type("*10-1=");
    await expect.poll(() => result.textContent()).toBe("2");
    await page.getByRole("button", { name: "Divide" }).click();
    await page.getByRole("button", { name: "0", exact: true }).click();
    await page.getByRole("button", { name: "Equals" }).click();
    await expect.poll(() => result.textContent()).toBe("Not a number");
    await page.keyboard.press("Escape");
    await page.reload();
    await seeText(page, "0.1 + 0.2 = 0.3");
  });
});

test("kanban cards move by the arrow keys, keep the focus and stay where they are", async () => {
  await withApp(KANBAN, async (page) => {
    await page.getByLabel("New card in To do").fill("Ship it");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Ship it", exact: true }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByLabel("Cards in In progress").getByText("Ship it").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.reload();
    const moved = page.getByLabel("Cards in Done").getByText("Ship it");
    await expect.poll(() => moved.isVisible()).toBe(true);
  });
});

test("a kanban card is dragged to another column", async () => {
  await withApp(KANBAN, async (page) => {
    await page.getByLabel("New card in To do").fill("Ship it");
    await page.keyboard.press("Enter");
    await page.getByText("Ship it").dragTo(page.getByLabel("Cards in Done"));
    const moved = page.getByLabel("Cards in Done").getByText("Ship it");
    await expect.poll(() => moved.isVisible()).toBe(true);
  });
});

test("notes keep every keystroke", async () => {
  await withApp(NOTES, async (page) => {
    await page.getByRole("button", { name: "New note" }).click();
    await page.getByLabel("Heading").fill("Groceries");
    await page.getByLabel("Text", { exact: true }).fill("Bread and cheese");
    await seeText(page, "3 words");
    await page.reload();
    expect(await page.getByLabel("Text", { exact: true }).inputValue()).toBe("Bread and cheese");
    await page.getByRole("button", { name: "Delete note" }).click();
    await seeText(page, "No notes yet");
  });
});

test("the pomodoro timer starts by Space, counts down and goes on over a reload", async () => {
  await withApp(POMODORO, async (page) => {
    const left = page.getByRole("timer");
    await left.waitFor();
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await expect.poll(() => left.textContent(), { timeout: 5_000 }).toMatch(/^24:/);
    await page.reload();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.getByRole("button", { name: "Skip" }).click();
    await seeText(page, "Focus completed: 1");
    expect(await left.textContent()).toBe("05:00");
  });
});

test("the landing page speaks of its subject, and its form sends nothing and says so", async () => {
  await withApp(LANDING, async (page) => {
    await page.getByRole("heading", { name: "Dawn, made with care" }).waitFor();
    await seeText(page, "Everything you hope for from a coffee roastery");
    await seeText(page, "This page has no server and sends nothing.");
    await page.getByRole("button", { name: "Copy the message" }).click();
    await seeText(page, "Write your message first.");
    await page.getByLabel("Your message").fill("Two loaves, please.");
    await page.getByRole("button", { name: "Copy the message" }).click();
    await expect
      .poll(() => page.getByRole("status").textContent())
      .toMatch(/^Copied\.|did not allow copying/);
    await page.reload();
    expect(await page.getByLabel("Your message").inputValue()).toBe("Two loaves, please.");
  });
});

test("what the demo model cannot play says so in the app, and what no such app can do", async () => {
  await withApp(CHESS, async (page) => {
    await seeText(page, "“Multiplayer chess game” is none of them.");
    expect(await page.getByRole("region", { name: "About this app" }).textContent()).toContain(
      "can’t do this at all: accounts and login; several people at once.",
    );
  });
});

test("anything else becomes a collection of entries", async () => {
  await withApp(PLANTS, async (page) => {
    await page.getByRole("heading", { name: "Houseplants" }).waitFor();
    for (const name of ["Monstera", "Fern"]) {
      await page.getByRole("button", { name: "New entry" }).click();
      await page.getByLabel("Name").fill(name);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name }).waitFor();
    }
    await page.getByRole("button", { name: "Star Monstera" }).click();
    await page.reload();
    await expect.poll(() => page.locator("li h2").allTextContents()).toEqual(["Monstera", "Fern"]);
  });
});
