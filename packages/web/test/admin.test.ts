/** The operator's page against the real Leo: who sees it, what it does, and that it is legible to everybody. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { startLeo, type Leo } from "./support/leo.ts";
import { signIn } from "./support/pages.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LONG = { timeout: 120_000 };

let leo: Leo;
beforeAll(async () => {
  leo = await startLeo();
});
afterAll(() => leo.stop());

const violations = async (page: Page): Promise<string[]> => {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ["violations"] }),
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
};

const scrollsSideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test("an operator closes and opens the intake, pauses launches and sees a run's story", LONG, () =>
  withPage({}, async (page) => {
    await signIn(page, leo.url);
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Operations" }).click();
    await page.getByRole("button", { name: "Pause launches" }).click();
    await page.getByRole("button", { name: "Resume launches" }).waitFor();

    await page.goto(leo.url);
    await page.getByRole("textbox", { name: "What should Leo build?" }).fill("A todo list");
    await page.getByRole("button", { name: "Build it" }).click();
    await page.getByRole("log", { name: "Timeline" }).waitFor();

    await page.goto(`${leo.url}/admin`);
    await page.getByRole("textbox", { name: "What people are told" }).fill("Back at noon.");
    await page.getByRole("button", { name: "Close the intake" }).click();
    await page.getByText("The intake is closed: Back at noon.").waitFor();
    await page.getByRole("button", { name: "Open the intake" }).click();
    await page.getByRole("button", { name: "Close the intake" }).waitFor();

    await page.getByRole("button", { name: "Queued", exact: true }).click();
    await page.getByRole("main").getByRole("link").first().click();
    await page.getByText("It has not been started.").waitFor();
    await page.getByRole("button", { name: "Stop this run" }).click();
    await page.getByRole("main").getByText("generation_cancel").waitFor();
    await page.getByRole("main").getByText("Cancelled").first().waitFor();

    await page.goto(`${leo.url}/admin`);
    await page.getByRole("button", { name: "Resume launches" }).click();
    await page.getByRole("button", { name: "Change dev@leo.local" }).click();
    await page.getByRole("spinbutton", { name: "Runs at once" }).fill("2");
    await page.getByRole("button", { name: "Save limits" }).click();
    const record = page.getByRole("region", { name: "Record of changes" });
    await record.getByText("user_limits").waitFor();
    await expect
      .poll(() => record.locator("summary span:first-child").allTextContents())
      .toEqual(["user_limits", "launches", "generation_cancel", "intake", "intake", "launches"]);
  }),
);

const SCREENS = [
  { name: "a light desktop", options: { colorScheme: "light" } },
  { name: "a dark phone", options: { colorScheme: "dark", viewport: { width: 360, height: 740 } } },
] as const;

test.for(SCREENS)("it has no violation on $name and never scrolls sideways", LONG, ({ options }) =>
  withPage({ ...options }, async (page) => {
    await signIn(page, leo.url);
    await page.goto(`${leo.url}/admin`);
    await page.getByRole("button", { name: "Change dev@leo.local" }).click();
    await page.getByRole("button", { name: "Pause launches" }).waitFor();
    await page.getByRole("button", { name: "Ended" }).click();
    const story = page.getByRole("region", { name: "Generations and tasks" }).getByRole("link").first();
    await story.waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
    await story.click();
    await page.getByRole("heading", { name: "Attempts" }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
  }),
);
