/** What people do, in a real browser against the real Leo: orchestrator, database, generator, agent; only the model is scripted. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { startLeo, type Leo } from "./support/leo.ts";
import { composer, rowSeqs, signIn, timeline, untilAppOpened } from "./support/pages.ts";

const RUN_MS = 90_000;
const LONG = { timeout: 2 * RUN_MS };

let leo: Leo;
beforeAll(async () => {
  leo = await startLeo({ LEO_MOCK_PACE_MS: "25" });
});
afterAll(() => leo.stop());

const build = async (page: Page, prompt: string) => {
  await page.getByRole("textbox", { name: "What should Leo build?" }).fill(prompt);
  await page.getByRole("button", { name: "Build it" }).click();
  await timeline(page).waitFor();
};

const ask = async (page: Page, request: string) => {
  await composer(page).fill(request);
  await page.getByRole("button", { name: "Send", exact: true }).click();
};

const untilReady = (page: Page, version: number) =>
  timeline(page).getByText(`Version ${version} is ready`).waitFor({ timeout: RUN_MS });

const untilAtWork = (page: Page) =>
  timeline(page).locator('[data-kind="tool"]').first().waitFor({ timeout: RUN_MS });

const preview = (page: Page) => page.frameLocator('iframe[title="Preview"]');

/** The first event of each entry of the log; it draws only what is in view, so it is scrolled through. */
const loggedSeqs = async (page: Page): Promise<number[]> => {
  await page.getByRole("tab", { name: "Log" }).click();
  const log = page.getByRole("region", { name: "Log" });
  await log.waitFor();
  const seqs: number[] = [];
  const collect = () =>
    log
      .locator("[data-log-seq]")
      .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("data-log-seq"))));
  await log.evaluate((element) => element.scrollTo(0, 0));
  const height = await log.evaluate((element) => element.scrollHeight);
  for (let top = 0; top <= height; top += 200) {
    await log.evaluate((element, to) => element.scrollTo(0, to), top);
    seqs.push(...(await collect()));
  }
  return [...new Set(seqs)];
};

/** Shares the app by a link, which a stranger opens until it is revoked. */
const shareAndRevoke = async (page: Page, sees: string) => {
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("button", { name: "Create link" }).click();
  const link = await page.getByRole("textbox", { name: "New link" }).inputValue();
  await withPage({ allowedErrors: /404/ }, async (stranger) => {
    await stranger.goto(link);
    await stranger.getByRole("heading", { name: sees }).waitFor();
    expect(await stranger.evaluate(() => localStorage.getItem("leo.session"))).toBeNull();
    await page.getByRole("button", { name: /^Revoke the link/ }).click();
    await page.getByRole("button", { name: /^Revoke the link/ }).waitFor({ state: "detached" });
    await stranger.reload();
    await stranger.getByText("This preview is private").waitFor();
    await stranger.goto(link);
    await stranger.getByText("It was revoked").waitFor();
  });
  await page.keyboard.press("Escape");
};

/**
 * Publishes the app, which a stranger opens at its address until an operator takes it down; allowed again, the owner
 * publishes and unpublishes it.
 */
const publishAndTakeDown = async (page: Page, sees: string) => {
  const workspace = page.url();
  const publish = async () => {
    await page.getByRole("button", { name: "Publish", exact: true }).click();
    await page.getByRole("button", { name: /^Publish version/ }).click();
    return page.getByRole("textbox", { name: "Site address" }).inputValue();
  };
  const address = await publish();
  // The app has no icon of its own, which the browser asks for.
  await withPage({ allowedErrors: /404|410/ }, async (visitor) => {
    const finds = async (text: string) => {
      await expect
        .poll(async () => {
          await visitor.goto(address);
          return visitor.getByText(text).count();
        })
        .toBeGreaterThan(0);
    };
    await visitor.goto(address);
    await visitor.getByRole("heading", { name: sees }).waitFor();
    await page.goto(new URL("/admin", workspace).href);
    const row = page.getByRole("region", { name: "Sites" }).getByRole("listitem");
    await row.getByRole("button", { name: `Change ${address}` }).click();
    await row.getByRole("textbox", { name: "Reason shown to the owner" }).fill("A test of this.");
    await row.getByRole("button", { name: "Take down" }).click();
    await row.getByText("Taken down: A test of this.").waitFor();
    await finds("It was taken down by an administrator.");
    await row.getByRole("button", { name: "Allow again" }).click();
    await row.getByRole("button", { name: "Take down" }).waitFor();
    await page.goto(workspace);
    expect(await publish()).toBe(address);
    await finds(sees);
    await page.getByRole("button", { name: "Unpublish" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Unpublish" }).click();
    await page.getByText("Nothing is published.").waitFor();
    await finds("Its owner has unpublished it.");
  });
  await page.keyboard.press("Escape");
};

/** What the app itself reports is listed under it, whole, until it is cleared. */
const showErrorsOfTheApp = async (page: Page) => {
  await preview(page)
    .locator("body")
    .evaluate(() => {
      console.error("app: the %s is", "list", { broken: true });
      setTimeout(() => {
        throw new Error("app: a click went wrong");
      });
      void Promise.reject(new Error("app: a promise was broken"));
    });
  await page.getByText("3 errors in the app").click();
  const errors = page.getByRole("region", { name: "App errors" });
  await errors.getByText('app: the list is {"broken":true}').waitFor();
  await errors.getByText("app: a click went wrong").waitFor();
  await errors.getByText("app: a promise was broken").waitFor();
  await errors.getByRole("button", { name: "Clear" }).click();
  await errors.waitFor({ state: "detached" });
};

const throughATornConnection = async (page: Page) => {
  await untilAtWork(page);
  await page.reload();
  await untilAtWork(page);
  await page.context().setOffline(true);
  await page.getByText("You're offline.").waitFor();
  await page.context().setOffline(false);
};

const expectEveryEventOnce = async (page: Page) => {
  const rows = await rowSeqs(page);
  expect(new Set(rows).size).toBe(rows.length);
  const lastSeq = Number(await timeline(page).getAttribute("data-last-seq"));
  const logged = await loggedSeqs(page);
  expect(logged[0]).toBe(1);
  expect(logged).toEqual(logged.toSorted((one, other) => one - other));
  await page.getByText(`${lastSeq} events`, { exact: true }).waitFor();
  await page.getByRole("tab", { name: "Preview" }).click();
};

test(
  "sign in, reload, lose the network, follow in a second tab, use the app and share it",
  LONG,
  async () => {
    await withPage(
      { allowedErrors: /WebSocket|ERR_INTERNET_DISCONNECTED|Failed to load|app: / },
      async (page) => {
        await signIn(page, leo.url);
        await build(page, "A todo list with dark mode");
        const other = await page.context().newPage();
        await other.goto(page.url());
        await throughATornConnection(page);
        await Promise.all([untilReady(page, 1), untilReady(other, 1)]);
        expect(await rowSeqs(other)).toEqual(await rowSeqs(page));
        await other.close();
        await expectEveryEventOnce(page);

        const newItem = preview(page).getByRole("textbox").first();
        await newItem.fill("Buy milk");
        await newItem.press("Enter");
        await preview(page).getByText("Buy milk").waitFor();
        await page.getByRole("button", { name: "Reload preview" }).click();
        await preview(page).getByText("Buy milk").waitFor();
        await page.reload();
        await preview(page).getByText("Buy milk").waitFor();
        await showErrorsOfTheApp(page);
        await shareAndRevoke(page, "Todo list");
        await publishAndTakeDown(page, "Todo list");
        await page.getByRole("link", { name: "Leo, home" }).click();
        await page.getByRole("link", { name: "Todo list" }).first().waitFor();
        expect(new URL(page.url()).pathname).toBe("/");
      },
    );
  },
);

test("a run that fails is fixed by a follow-up, on a phone of 360 pixels", LONG, async () => {
  await withPage({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }, async (page) => {
    await signIn(page, leo.url);
    await build(page, "mock:build-error-forever A notes app");
    await page.getByRole("region", { name: "Failure" }).waitFor({ timeout: RUN_MS });
    await page.getByRole("button", { name: "Fix this" }).waitFor();
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await ask(page, "A notes app");
    await untilReady(page, 1);
    await page.getByRole("tab", { name: "Preview" }).tap();
    await preview(page).locator("body").waitFor();
    expect(await page.title()).toContain("Ready");
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
  });
});

test(
  "a run that is cancelled in the middle leaves a draft, and the next request goes on from it",
  LONG,
  async () => {
    await withPage({}, async (page) => {
      await signIn(page, leo.url);
      await build(page, "A pomodoro timer");
      await untilAtWork(page);
      await page.getByRole("button", { name: "Cancel" }).click();
      await timeline(page).getByText("Its files are kept as a draft.").waitFor({ timeout: RUN_MS });
      expect(await page.getByRole("button", { name: "Try again" }).isVisible()).toBe(true);
      expect(await page.getByRole("button", { name: "Start over" }).isVisible()).toBe(true);
      await page.getByRole("tab", { name: "Code" }).click();
      await page.getByRole("treeitem", { name: /^package\.json/ }).waitFor();
      await ask(page, "A pomodoro timer");
      await untilReady(page, 1);
    });
  },
);

test(
  "an agent that only asks makes no version: its question stands there, and the reply builds the app",
  LONG,
  async () => {
    await withPage({}, async (page) => {
      await signIn(page, leo.url);
      await build(page, "A todo list mock:asks");
      await timeline(page).getByText("which currency should the amounts be in?").waitFor({ timeout: RUN_MS });
      await timeline(page).getByText("Answered", { exact: true }).waitFor({ timeout: RUN_MS });
      expect(
        await timeline(page)
          .getByText(/is ready|Saving the files/)
          .count(),
      ).toBe(0);
      await page.getByText("Leo replied without building anything.").waitFor();
      await page.getByRole("button", { name: "Reply" }).click();
      await page.keyboard.type("In euros, please.");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await untilReady(page, 1);
      await ask(page, "Why is it one page? mock:talks");
      await timeline(page).getByText("No files were changed.").waitFor({ timeout: RUN_MS });
      await preview(page).getByRole("textbox").first().waitFor();
      await page.getByRole("link", { name: "Leo, home" }).click();
      await page.getByRole("listitem").getByText("Answered").waitFor();
    });
  },
);

const changeTheQueue = async (page: Page) => {
  await untilAtWork(page);
  await ask(page, "Add a foter");
  await ask(page, "Add a clock");
  const queue = page.getByRole("region", { name: "Queued requests" });
  await queue.getByText("Add a clock").waitFor();
  await queue.getByRole("button", { name: "Remove queued request" }).last().click();
  await queue.getByText("Add a clock").waitFor({ state: "detached" });
  await queue.getByRole("button", { name: "Edit queued request" }).click();
  await page.getByRole("textbox", { name: "Queued request" }).fill("Add a footer");
  await page.getByRole("button", { name: "Save" }).click();
  await queue.getByText("Add a footer").waitFor();
};

const compare = async (page: Page) => {
  await page.getByRole("tab", { name: "Changes" }).click();
  await page.getByRole("region", { name: "src/App.tsx" }).waitFor();
  await page.getByRole("tab", { name: "Code" }).click();
  await page.getByRole("treeitem", { name: /^App\.tsx/ }).click();
  await page.getByRole("region", { name: "Contents of src/App.tsx" }).getByText("export").first().waitFor();
};

const downloadVersion1 = async (page: Page) => {
  await page.getByRole("tab", { name: "Versions" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download version 1" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  const { stdout } = await promisify(execFile)("unzip", ["-t", await download.path()]);
  expect(stdout).toContain("No errors detected");
};

const copyVersion2 = async (page: Page) => {
  await page.getByRole("tab", { name: "Versions" }).click();
  await page.getByRole("button", { name: "More actions for version 2" }).click();
  await page.getByRole("menuitem", { name: "Copy to new app" }).click();
  await untilReady(page, 1);
  await preview(page).getByText("Todo list").first().waitFor();
  await page.getByRole("link", { name: "Leo, home" }).click();
  const card = page.getByRole("listitem").filter({ hasText: "(copy)" });
  await card.locator("img").waitFor();
  const width = await card.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth);
  expect(width).toBeGreaterThan(300);
};

test(
  "queued requests are edited and answered; versions are compared, restored and copied",
  LONG,
  async () => {
    await withPage({ acceptDownloads: true }, async (page) => {
      await signIn(page, leo.url);
      await build(page, "A todo list mock:slow");
      await changeTheQueue(page);
      await timeline(page).getByText("Add a footer").first().waitFor({ timeout: RUN_MS });
      await untilReady(page, 1);
      expect(await timeline(page).getByText("Add a clock").count()).toBe(0);

      await untilAppOpened(page);
      await ask(page, "Add a calendar");
      await untilReady(page, 2);
      await compare(page);
      await downloadVersion1(page);
      await page.getByRole("button", { name: "Restore" }).click();
      await untilReady(page, 3);
      await page.getByRole("tab", { name: "Changes" }).click();
      await page.getByText("Version 3 against").waitFor();
      await page.getByRole("region", { name: "src/App.tsx" }).waitFor();
      await copyVersion2(page);
    });
  },
);

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

const openApp = (page: Page, name: string) => page.getByRole("link", { name }).first().click();

const withThree = (run: (one: Page, window: Page, phone: Page) => Promise<void>) =>
  withPage({}, (one) =>
    withPage({ allowedErrors: /404/ }, (window) =>
      withPage({ ...PHONE, allowedErrors: /404/ }, (phone) => run(one, window, phone)),
    ),
  );

const rename = async (page: Page, from: string, to: string) => {
  await page.getByRole("button", { name: from }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "App name" }).fill(to);
  await page.keyboard.press("Enter");
};

const removeApp = async (page: Page, name: string) => {
  await page.getByRole("button", { name }).click();
  await page.getByRole("menuitem", { name: /^Delete/ }).click();
  await page.getByRole("button", { name: /^Delete/ }).click();
};

// Nothing runs when a change begins, so no page would ask again by itself.
test(
  "two windows and a phone show a new app, its run, a later run, its new name, and that it is gone",
  LONG,
  () =>
    withThree(async (one, window, phone) => {
      const all = [one, window, phone];
      const others = [window, phone];
      const onOthers = (see: (page: Page) => Promise<void>) => Promise.all(others.map(see));
      await Promise.all(all.map((page) => signIn(page, leo.url)));
      await build(one, "A tide table");
      await onOthers((page) => openApp(page, "Tide table"));
      await onOthers((page) => page.getByRole("button", { name: "Cancel" }).waitFor());
      await Promise.all(all.map((page) => untilReady(page, 1)));

      await untilAppOpened(one);
      await ask(one, "Add a map");
      await onOthers((page) => page.getByRole("button", { name: "Cancel" }).waitFor());
      await onOthers((page) => timeline(page).getByText("Add a map").first().waitFor());
      await Promise.all(all.map((page) => untilReady(page, 2)));

      await rename(one, "Tide table", "Tides");
      await onOthers((page) => page.getByRole("button", { name: "Tides" }).waitFor());
      await removeApp(one, "Tides");
      await onOthers((page) => page.getByRole("link", { name: "Go to your apps" }).waitFor());
      for (const page of others) {
        await page.getByRole("link", { name: "Go to your apps" }).click();
        await page.getByRole("region", { name: "Your apps" }).getByRole("heading").first().waitFor();
        expect(await page.getByRole("link", { name: "Tides" }).count()).toBe(0);
      }
    }),
);
