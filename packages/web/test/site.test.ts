/** The panel that publishes an app: what it sends, what it says, and what it asks before it does harm. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { violations } from "./support/axe.ts";
import { withPage } from "./support/browser.ts";
import { signIn } from "./support/pages.ts";
import { FILES, FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

/** What is refused is a 4xx, which the browser writes to its console. */
const REFUSED = /status of 4\d\d/;

interface Parts {
  stub: Stub;
  page: Page;
  appId: string;
  /** Of its three versions. */
  ids: string[];
}

const withApp = (run: (parts: Parts) => Promise<void>, prepare?: (stub: Stub, appId: string) => void) =>
  withStub({}, (stub) =>
    withPage({ allowedErrors: REFUSED }, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      const ids = [generation.id];
      const complete = (id: string) => {
        stub.emit(id, ...START, ...WORK, ...FINISH);
        stub.versions.set(id, { files: { ...FILES }, checks: [] });
      };
      complete(generation.id);
      for (const prompt of ["Add a filter", "Make it blue"]) {
        const { id } = stub.addGeneration(app.id, prompt);
        complete(id);
        ids.push(id);
      }
      prepare?.(stub, app.id);
      await signIn(page, `${stub.url}/apps/${app.id}`);
      await run({ stub, page, appId: app.id, ids });
    }),
  );

const panel = (page: Page) => page.getByRole("dialog", { name: "Publish app" });
const button = (page: Page, name: string) => panel(page).getByRole("button", { name, exact: true });
const open = (page: Page, name = "Publish") => page.getByRole("button", { name, exact: true }).click();
const confirm = (page: Page, name: string) =>
  page.getByRole("alertdialog").getByRole("button", { name, exact: true }).click();
const sent = (stub: Stub, action: string) =>
  stub.requests
    .filter(({ method, path }) => method !== "GET" && path.endsWith(action))
    .map(({ body }) => body);

test("the first publishing chooses the address and who sees it; then the address is there to copy and open", () =>
  withApp(async ({ stub, page, ids }) => {
    stub.sites.taken.add("notes");
    await open(page);
    const address = panel(page).getByRole("textbox", { name: "Address" });
    expect(await address.inputValue()).toBe("todo-list");
    await panel(page).getByText("http://todo-list.localhost:5013/").waitFor();
    expect(await violations(page)).toEqual([]);
    for (const [slug, said] of [
      ["größe", "not “ö”"],
      ["notes", "The address “notes” is taken."],
    ] as const) {
      await address.fill(slug);
      await button(page, "Publish version 3").click();
      await panel(page).getByRole("alert").getByText(said).waitFor();
      // Nothing that was typed is lost.
      expect(await address.inputValue()).toBe(slug);
    }
    await address.fill("my-todos");
    await panel(page).getByRole("button", { name: "People with the link" }).click();
    await button(page, "Publish version 3").click();
    const shown = panel(page).getByRole("textbox", { name: "Site address" });
    await shown.waitFor();
    expect(await shown.inputValue()).toBe("http://my-todos.localhost:5013/?leo-link=leo_st_1");
    expect(await panel(page).getByRole("link", { name: "Open" }).getAttribute("href")).toBe(
      "http://my-todos.localhost:5013/?leo-link=leo_st_1",
    );
    await panel(page).getByText("Version 3 is live").waitFor();
    expect(await panel(page).getByRole("alert").count()).toBe(0);
    expect(sent(stub, "/site/publish").at(-1)).toEqual({
      generationId: ids[2],
      visibility: "link",
      slug: "my-todos",
    });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Published", exact: true }).waitFor();
  }));

const isLive = (stub: Stub, appId: string, generationId: string, held: string[]) =>
  stub.sites.set(appId, {
    state: "published",
    live: { generationId, publishedAt: new Date().toISOString() },
    held,
  });

test("it says which version is live, publishes the newest and goes back to one before", () =>
  withApp(async ({ stub, page, appId, ids }) => {
    const [first = "", second = "", third = ""] = ids;
    isLive(stub, appId, second, [first, second]);
    await page.reload();
    await open(page, "Published");
    await panel(page).getByText("Version 2 is live").waitFor();
    expect(await violations(page)).toEqual([]);
    await button(page, "Publish version 3").click();
    await panel(page).getByText("Version 3 is live").waitFor();
    await button(page, "Roll back to version 1").click();
    await panel(page).getByText("Version 1 is live").waitFor();
    expect(sent(stub, "/site/publish")).toEqual([{ generationId: third }, { generationId: first }]);
  }));

test("settings hold at once; another address and the end of the site are asked about first", () =>
  withApp(async ({ stub, page, appId, ids }) => {
    isLive(stub, appId, ids[2] ?? "", [ids[2] ?? ""]);
    await page.reload();
    await open(page, "Published");
    await panel(page).getByRole("switch", { name: "Allow search engines" }).click();
    await expect.poll(() => stub.sites.of(appId).noindex).toBe(false);
    await panel(page).getByRole("button", { name: "People with the link" }).click();
    await button(page, "Replace link").click();
    await confirm(page, "Replace link");
    await expect
      .poll(() => sent(stub, "/site"))
      .toEqual([{ noindex: false }, { visibility: "link" }, { renewLink: true }]);

    const address = panel(page).getByRole("textbox", { name: "New address" });
    await address.fill("notes");
    await button(page, "Change").click();
    await page.getByRole("alertdialog").getByText("stays with the old address").waitFor();
    await confirm(page, "Cancel");
    expect(stub.sites.of(appId).slug).toBe("todo-list");
    await button(page, "Change").click();
    await confirm(page, "Change address");
    await expect.poll(() => stub.sites.of(appId).slug).toBe("notes");

    await button(page, "Unpublish").click();
    expect(stub.sites.of(appId).state).toBe("published");
    await confirm(page, "Unpublish");
    await panel(page).getByText("Nothing is published.").waitFor();
    await button(page, "Publish version 3").click();
    await panel(page).getByText("Version 3 is live").waitFor();
  }));

test("secrets are shown by their place and are published only when the person says so", () =>
  withApp(async ({ stub, page, appId, ids }) => {
    stub.sites.found = {
      digest: "d1",
      count: 1,
      findings: [{ path: "dist/assets/index.js", line: 1, kind: "GitHub token", inBundle: true }],
    };
    await open(page);
    await button(page, "Publish version 3").click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("GitHub token, sent to every visitor").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(stub.sites.of(appId).state).toBe("new");
    await button(page, "Publish version 3").click();
    await dialog.getByRole("button", { name: "Publish anyway" }).click();
    await panel(page).getByText("Version 3 is live").waitFor();
    expect(sent(stub, "/site/publish").at(-1)).toEqual({
      generationId: ids[2],
      visibility: "public",
      confirm: "d1",
    });
  }));

test("a site that was taken down says why and offers nothing; one without a domain says what does not last", () =>
  withApp(
    async ({ page, stub, appId }) => {
      await open(page);
      await panel(page).getByText("took this site down: It asks for passwords.").waitFor();
      expect(await panel(page).getByRole("button").count()).toBe(0);
      stub.sites.set(appId, { state: "unpublished", takenDown: undefined, ownOrigin: false });
      await page.reload();
      await open(page);
      await panel(page).getByText("Leo has no domain for sites here").waitFor();
    },
    (stub, appId) =>
      stub.sites.set(appId, {
        state: "taken_down",
        takenDown: { at: new Date().toISOString(), reason: "It asks for passwords." },
      }),
  ));
