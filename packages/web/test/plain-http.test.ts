/** The same Leo on plain HTTP under a name of its own, as on AWS without a domain: browsers withhold much from such a page. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { startLeo, type Leo } from "./support/leo.ts";
import { composer, signIn, timeline, untilAppOpened } from "./support/pages.ts";
import { FILES, FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

const RUN_MS = 90_000;
const LONG = { timeout: 4 * RUN_MS };

let leo: Leo;
beforeAll(async () => {
  leo = await startLeo({}, "leo.test");
});
afterAll(() => leo.stop());

const untilReady = (page: Page, version: number) =>
  timeline(page).getByText(`Version ${version} is ready`).waitFor({ timeout: RUN_MS });

const build = async (page: Page, prompt: string) => {
  await page.getByRole("textbox", { name: "What should Leo build?" }).fill(prompt);
  await page.getByRole("button", { name: "Build it" }).click();
};

const preview = (page: Page) => page.frameLocator('iframe[title="Preview"]');

/** What Ctrl+V gives, in a field that the test adds. */
const pasted = async (page: Page): Promise<string> => {
  await page.evaluate(() => {
    const field = document.createElement("textarea");
    field.id = "pasted";
    document.body.append(field);
    field.focus();
  });
  await page.keyboard.press("ControlOrMeta+V");
  const text = await page.locator("#pasted").inputValue();
  await page.locator("#pasted").evaluate((field) => field.remove());
  return text;
};

const copyALink = async (page: Page) => {
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("button", { name: "Create link" }).click();
  const link = await page.getByRole("textbox", { name: "New link" }).inputValue();
  await page.getByRole("button", { name: "Copy new link" }).click();
  await page.getByText("New link copied").waitFor();
  expect(await page.getByRole("textbox", { name: "New link" }).inputValue()).toBe(link);
  await page.keyboard.press("Escape");
  expect(await pasted(page)).toBe(link);
};

const copyAFile = async (page: Page) => {
  await page.getByRole("tab", { name: "Code" }).click();
  await page.getByRole("treeitem", { name: /^App\.tsx/ }).click();
  await page.getByRole("button", { name: "Copy file" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await pasted(page)).toContain("export default");
};

const fork = async (page: Page) => {
  await page.getByRole("tab", { name: "Versions" }).click();
  await page.getByRole("button", { name: "More actions for version 1" }).click();
  await page.getByRole("menuitem", { name: "Copy to new app" }).click();
  await untilReady(page, 1);
  await preview(page).getByText("Todo list").first().waitFor();
};

test(
  "signing in, building, following up, restoring, copying and forking work without a secure context",
  LONG,
  () =>
    withPage({}, async (page) => {
      await signIn(page, leo.url);
      expect(await page.evaluate(() => isSecureContext)).toBe(false);
      await build(page, "A todo list");
      await untilReady(page, 1);
      await untilAppOpened(page);
      const newItem = preview(page).getByRole("textbox").first();
      await newItem.fill("Buy milk");
      await newItem.press("Enter");
      await preview(page).getByText("Buy milk").waitFor();

      await composer(page).fill("Add a calendar");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await untilReady(page, 2);
      await page.getByRole("tab", { name: "Versions" }).click();
      await page.getByRole("button", { name: "Restore" }).click();
      await untilReady(page, 3);
      await copyALink(page);
      await copyAFile(page);
      await fork(page);
      expect(await page.getByText("Can't reach").count()).toBe(0);
    }),
);

test("an app that needs HTTPS fails its check, and the agent mends it from what the check says", LONG, () =>
  withPage({}, async (page) => {
    await signIn(page, leo.url);
    await build(page, "A notes app mock:needs-https");
    const output = timeline(page).getByLabel("Check output: Opens in a browser");
    await output.waitFor({ timeout: RUN_MS });
    expect(await output.textContent()).toContain("crypto.subtle is missing: browsers offer it only on HTTPS");
    await untilReady(page, 1);
  }),
);

test("the account page says what notifications need", LONG, () =>
  withPage({}, async (page) => {
    await signIn(page, `${leo.url}/account`);
    await page.getByText("Notifications need HTTPS").waitFor();
    expect(await page.getByRole("button", { name: "Allow notifications" }).count()).toBe(0);
  }),
);

/** A browser that has neither way to copy. */
const WITHOUT_COPYING = `
  delete Navigator.prototype.clipboard;
  document.execCommand = () => false;`;

const doneApp = (stub: Stub): string => {
  const { app, generation } = stub.addApp("A todo list", "Todo list");
  stub.emit(generation.id, ...START, ...WORK, ...FINISH);
  stub.versions.set(generation.id, { files: FILES, checks: [] });
  return `${stub.url}/apps/${app.id}`;
};

/** What is selected in the field with the focus. */
const selected = (page: Page) =>
  page.evaluate(() => {
    const field = document.activeElement as HTMLInputElement | HTMLTextAreaElement;
    return field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0);
  });

test("where a browser lets no page copy, the text is selected and a sentence says what to press", () =>
  withStub({}, (stub) =>
    withPage({}, async (page) => {
      await page.addInitScript(WITHOUT_COPYING);
      const app = doneApp(stub);
      await signIn(page, app);
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByRole("button", { name: "Create link" }).click();
      const link = await page.getByRole("textbox", { name: "New link" }).inputValue();
      await page.getByRole("button", { name: "Copy new link" }).click();
      await page.getByText("Press Ctrl+C (⌘C on a Mac) to copy the selected text").waitFor();
      expect(await selected(page)).toBe(link);
      await page.keyboard.press("Escape");

      await page.getByRole("tab", { name: "Code" }).click();
      await page.getByRole("treeitem", { name: /^App\.tsx/ }).click();
      await page.getByRole("button", { name: "Copy file" }).click();
      const dialog = page.getByRole("dialog", { name: "Copy manually" });
      await dialog.getByText("press Ctrl+C").waitFor();
      const text = await dialog.getByRole("textbox", { name: "Text to copy" }).inputValue();
      expect(text).toBe(FILES["src/App.tsx"]);
      await expect.poll(() => selected(page)).toBe(text);
      await dialog.getByRole("button", { name: "Close" }).click();
      await dialog.waitFor({ state: "detached" });
    }),
  ));

test("a mistake in Leo's own code is not blamed on the network, and the console has it", async () => {
  const logged: string[] = [];
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /getRandomValues/ }, async (page) => {
      page.on("console", (message) => logged.push(message.text()));
      await signIn(page, stub.url);
      await page.evaluate("delete Crypto.prototype.randomUUID; delete Crypto.prototype.getRandomValues;");
      await page.getByRole("textbox", { name: "What should Leo build?" }).fill("A todo list");
      await page.getByRole("button", { name: "Build it" }).click();
      await page.getByRole("alert").getByText("Something went wrong in Leo.").waitFor();
      expect(await page.getByText("Can't reach").count()).toBe(0);
      expect(logged.join()).toContain("TypeError");
    }),
  );
});

test("a page that cannot start for a mistake of its own does not say that the server is away", () =>
  withStub({}, (stub) =>
    withPage({ allowedErrors: /./ }, async (page) => {
      await page.route("**/api/config", (route) => route.fulfill({ json: null }));
      await page.goto(stub.url);
      await page.getByRole("button", { name: "Try again" }).waitFor();
      expect(await page.title()).toBe("Leo couldn't start");
    }),
  ));
