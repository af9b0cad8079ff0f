/** The screen says what is so, in every mode in which it is looked at. */
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { failure } from "@leo/core/failure.ts";
import type { Fact } from "@leo/core/event.ts";
import { withPage } from "./support/browser.ts";
import { composer, progress, signIn, timeline } from "./support/pages.ts";
import { FAIL, FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

const addApp = (stub: Stub, ...facts: Fact[]) => {
  const { app, generation } = stub.addApp("A todo list", "Todo list");
  stub.emit(generation.id, ...facts);
  return { app, generation, url: `${stub.url}/apps/${app.id}` };
};

const DONE = [...START, ...WORK, ...FINISH];

const background = (locator: Locator) =>
  locator.evaluate((element) => getComputedStyle(element).backgroundColor);

test("with forced colors, selected, measured and active items stay visible", async () => {
  await withStub({}, (stub) =>
    withPage({ forcedColors: "active" }, async (page) => {
      const { url } = addApp(stub, ...DONE);
      await signIn(page, url);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      const canvas = await background(page.locator("body"));
      expect(await background(page.locator('[data-mark="selected"]'))).not.toBe(canvas);
      expect(await background(page.locator('[data-mark="good"]').first())).not.toBe(canvas);
      const pressed = page.getByRole("button", { name: "Full width" });
      expect(await background(pressed)).not.toBe(
        await background(page.getByRole("button", { name: /^Phone/ })),
      );

      await page.goto(`${stub.url}/account`);
      await page.getByText("Spent today").waitFor();
      expect(await background(page.locator('[role="meter"] [data-mark]').last())).not.toBe(canvas);
      await page.goto(stub.url);
      const build = page.getByRole("button", { name: "Build it" });
      expect(await build.evaluate((element) => getComputedStyle(element).borderTopWidth)).not.toBe("0px");
    }),
  );
});

const openLog = async (page: Page, words: string) => {
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByRole("searchbox", { name: "Filter the log" }).fill(words);
  return page.getByRole("region", { name: "Log" });
};

test("the log finds what the conversation shows, keeps sentences whole and has no codes", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { url } = addApp(stub, ...START, ...WORK, ...FAIL);
      await signIn(page, url);
      await (await openLog(page, "TS2339")).getByText("Property 'txt' does not exist").first().waitFor();
      await (
        await openLog(page, "keeps its items in the browser")
      )
        .getByText("I'll build a **todo list**")
        .waitFor();
      const log = await (await openLog(page, "")).innerText();
      for (const code of ["task_accepted", "verify_failed", "typecheck", "rate_limited", "state_changed"])
        expect(log).not.toContain(code);
    }),
  );
});

test("the palette knows what can be done with the app that is open", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { url } = addApp(stub, ...START, ...WORK);
      await signIn(page, url);
      await progress(page).waitFor();
      const choose = async (name: string) => {
        await page.keyboard.press("ControlOrMeta+k");
        await page.getByRole("option", { name }).click();
      };
      await choose("Show log");
      await page.getByRole("region", { name: "Log" }).waitFor();
      await choose("Rename app");
      await page.getByRole("textbox", { name: "App name" }).waitFor();
      await page.keyboard.press("Escape");
      await choose("Cancel this run");
      await progress(page).getByText("Stopping").waitFor();
      await page.goto(stub.url);
      await page.getByRole("button", { name: "Account" }).waitFor();
      await page.keyboard.press("ControlOrMeta+k");
      await page.getByRole("option", { name: "Account and usage" }).waitFor();
      expect(await page.getByRole("option", { name: "Show log" }).count()).toBe(0);
    }),
  );
});

test("restores have no author, added requests are listed, and old versions are marked", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, url, generation } = addApp(stub, ...START, ...WORK);
      stub.emit(generation.id, { type: "user_message", messageId: "m1", text: "And make it blue" });
      stub.takeMessages(generation.id);
      stub.emit(generation.id, ...FINISH);
      const second = stub.addGeneration(app.id, "Add a filter");
      stub.emit(second.id, ...DONE);
      await signIn(page, `${url}?tab=versions`);
      await page.getByText("+ And make it blue").waitFor();
      await page.getByRole("button", { name: "Restore" }).click();
      await timeline(page).getByText("Version 3 is ready").waitFor();
      await timeline(page).getByText("Restored from version 1").waitFor();
      const copy = page.getByRole("article", { name: "Version 3" });
      expect(await copy.getByText("You").count()).toBe(0);
      expect(await copy.innerText()).not.toMatch(/\$|0\.0 s|A todo list/);

      await page.getByRole("tab", { name: "Versions" }).click();
      await page.getByRole("button", { name: "Show", exact: true }).last().click();
      await page.getByText("You're looking at version 1, not the latest (version 3).").waitFor();
      await page.getByRole("button", { name: "Back to latest" }).click();
      await page.getByText("You're looking at").waitFor({ state: "detached" });
      expect(new URL(page.url()).searchParams.has("version")).toBe(false);
    }),
  );
});

const RUNNING_TOOL: Fact = {
  type: "agent_tool",
  toolUseId: "b9",
  name: "Bash",
  target: "npm test",
  status: "running",
};

test("a run that is being stopped says so, and the tool that it interrupts did not fail", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, url } = addApp(stub, ...START, RUNNING_TOOL);
      await signIn(page, url);
      await timeline(page).getByText("npm test").waitFor();
      stub.emit(generation.id, { type: "attempt_progress", attempt: 1, step: "stopping" });
      await page.getByRole("banner").getByText("Stopping").waitFor();
      stub.emit(
        generation.id,
        { ...RUNNING_TOOL, status: "failed", result: "aborted" },
        { type: "state_changed", state: "cancelled", attempt: 1 },
      );
      await timeline(page).getByText("stopped").waitFor();
      expect(await timeline(page).getByText("failed").count()).toBe(0);
    }),
  );
});

test("a run whose machine is gone says that it restarts", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, url } = addApp(stub, ...START, RUNNING_TOOL);
      await signIn(page, url);
      await timeline(page).getByText("npm test").waitFor();
      stub.emit(
        generation.id,
        { type: "attempt_progress", attempt: 1, step: "ended" },
        { type: "state_changed", state: "queued", attempt: 1, failure: failure("interrupted") },
      );
      await progress(page)
        .getByText(/^Restarting…/)
        .waitFor();
      expect(await timeline(page).getByText("Working on it").count()).toBe(0);
    }),
  );
});

test("Ctrl+Enter sends on a touch screen, too, where Enter makes a new line", async () => {
  await withStub({}, (stub) =>
    withPage({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }, async (page) => {
      const { url } = addApp(stub, ...DONE);
      await signIn(page, url);
      await composer(page).fill("Use blue");
      await composer(page).press("Enter");
      await composer(page).pressSequentially("and green");
      expect(await composer(page).inputValue()).toBe("Use blue\nand green");
      await composer(page).press("Control+Enter");
      await timeline(page).getByText("and green").waitFor();
    }),
  );
});

test("signing in asks nothing of an old password but that it is right", async () => {
  await withStub({ mode: "aws" }, (stub) =>
    withPage({ allowedErrors: /status of 400/ }, async (page) => {
      await page.goto(stub.url);
      await page.getByLabel("Email").fill("ann@example.com");
      await page.getByLabel("Password").fill("short");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByText("Wrong email or password.").waitFor();
      expect(stub.requests.some(({ path }) => path.endsWith("/token"))).toBe(true);
    }),
  );
});

test("home says that the server is away, and is current again once it is back", async () => {
  const stub = await import("./support/stub.ts").then(({ Stub: Made }) => new Made({}).start());
  const port = Number(new URL(stub.url).port);
  await withPage({ allowedErrors: /WebSocket|ERR_CONNECTION|Failed to load/ }, async (page) => {
    await signIn(page, stub.url);
    await page.getByText("1. Describe it").waitFor();
    await stub.stop();
    await page.getByText("Can't reach Leo.").waitFor();
    await withStub({ port }, async (again) => {
      again.addApp("A todo list", "Todo list");
      await page.getByRole("link", { name: "Todo list" }).waitFor();
      await page.getByText("Can't reach Leo.").waitFor({ state: "detached" });
      expect(await page.getByRole("link", { name: "Todo list" }).count()).toBe(1);
    });
  });
});
