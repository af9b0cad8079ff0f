/** `npm run screenshots`: pictures of the real Leo for the README and the docs. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { closeBrowser } from "@leo/local/testing/chromium.ts";
import { withPage } from "../test/support/browser.ts";
import { type Command, readCommand } from "../../../tools/command.ts";
import { startLeo } from "../test/support/leo.ts";
import { composer, signIn, timeline } from "../test/support/pages.ts";

const COMMAND = {
  name: "npm run screenshots",
  about:
    "Starts Leo with fresh data, builds apps, and takes every view on a desktop and a phone, light and dark.",
  options: {},
  operand: { value: "FOLDER", about: "Where the pictures go (default docs/screenshots)" },
} as const satisfies Command;

const FOLDER = resolve(
  readCommand(COMMAND).operand ?? join(import.meta.dirname, "../../../docs/screenshots"),
);
const RUN_MS = 180_000;
/** Slow enough that a run is still at work when its picture is taken. */
const SLOW = { LEO_MOCK_PACE_MS: "120" };
/** Makes every run fail; the request's words need not say so. */
const FAILING = { LEO_MOCK_SCENARIO: "build-error-forever" };

const SCREENS = [
  { name: "desktop-light", options: { viewport: { width: 1440, height: 900 }, colorScheme: "light" } },
  { name: "desktop-dark", options: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" } },
  {
    name: "phone-light",
    options: { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true },
  },
  {
    name: "phone-dark",
    options: { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true },
  },
] as const;

type View = "home" | "running" | "done" | "code" | "changes" | "failure";

const build = async (page: Page, url: string, prompt: string): Promise<string> => {
  await page.goto(url);
  await page.getByRole("textbox", { name: "What should Leo build?" }).fill(prompt);
  await page.getByRole("button", { name: "Build it" }).click();
  await timeline(page).waitFor();
  return new URL(page.url()).pathname;
};

const untilEnd = (page: Page) => page.locator('[data-kind="end"]').last().waitFor({ timeout: RUN_MS });

/** Waits until the view has all that its picture should show. */
const settle = async (page: Page, view: View, phone: boolean) => {
  if (view === "home") await page.getByRole("link", { name: "Todo list" }).waitFor();
  if (view === "done" && !phone)
    await page.frameLocator('iframe[title="Preview"]').getByRole("textbox").first().waitFor();
  if (view === "done" && phone) await untilEnd(page);
  if (view === "running") await page.locator('[data-kind="tool"]').first().waitFor();
  if (view === "failure") await page.getByRole("region", { name: "Failure" }).waitFor();
  if (view === "code")
    await page
      .getByRole("region", { name: /^Contents of/ })
      .getByText("import")
      .first()
      .waitFor();
  if (view === "changes")
    await page.getByRole("region", { name: "src/App.tsx" }).getByText("import").first().waitFor();
  await page.evaluate(() => document.fonts.ready);
  // The viewers colour their text, and the app draws itself, in the frames after.
  await page.waitForTimeout(800);
};

type Screen = (typeof SCREENS)[number];

const take = async (page: Page, view: View, screen: Screen) => {
  await settle(page, view, "isMobile" in screen.options);
  await page.screenshot({ path: join(FOLDER, `${view}-${screen.name}.png`) });
  console.log(`${view}-${screen.name}.png`);
};

const onEachScreen = async (url: string, run: (page: Page, screen: Screen) => Promise<void>) => {
  for (const screen of SCREENS) {
    await withPage({ ...screen.options, deviceScaleFactor: 2 }, async (page) => {
      page.setDefaultTimeout(RUN_MS);
      await signIn(page, url);
      await run(page, screen);
    });
  }
};

const takeAll = (url: string, paths: Partial<Record<View, string>>) =>
  onEachScreen(url, async (page, screen) => {
    for (const [view, path] of Object.entries(paths) as [View, string][]) {
      await page.goto(url + path);
      await take(page, view, screen);
    }
  });

/** A run for each screen: all of them show the same moment. */
const takeRunning = (url: string) =>
  onEachScreen(url, async (page, screen) => {
    await build(page, url, "A kanban board for planning a house move");
    await page.locator('[data-kind="tool"]').nth(5).waitFor({ timeout: RUN_MS });
    await take(page, "running", screen);
    await page.getByRole("button", { name: "Cancel" }).click();
    await untilEnd(page);
  });

const withLeo = async (env: Record<string, string>, run: (url: string) => Promise<void>) => {
  const leo = await startLeo(env);
  try {
    await run(leo.url);
  } finally {
    await leo.stop();
  }
};

/** Apps that are ready, the last of which has two versions. */
const takeDone = (url: string) =>
  withPage({}, async (page) => {
    await signIn(page, url);
    for (const prompt of ["A landing page for a bakery", "A pomodoro timer"]) {
      await build(page, url, prompt);
      await untilEnd(page);
    }
    const done = await build(page, url, "A todo list with dark mode");
    await untilEnd(page);
    await composer(page).fill("Add a footer");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await timeline(page).getByText("Version 2 is ready").waitFor({ timeout: RUN_MS });
    await takeAll(url, {
      home: "/",
      done,
      code: `${done}?tab=code&file=src/components/TodoList.tsx`,
      changes: `${done}?tab=changes`,
    });
  });

const takeFailure = (url: string) =>
  withPage({}, async (page) => {
    await signIn(page, url);
    const failure = await build(page, url, "A notes app with search and tags");
    await untilEnd(page);
    await takeAll(url, { failure });
  });

try {
  await mkdir(FOLDER, { recursive: true });
  await withLeo({}, takeDone);
  await withLeo(FAILING, takeFailure);
  await withLeo(SLOW, takeRunning);
} finally {
  await closeBrowser();
}
