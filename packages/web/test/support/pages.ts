/** Where things are on the pages, by what they are called. */
import type { Page } from "playwright-core";

export const signIn = async (page: Page, url: string): Promise<void> => {
  await page.goto(url);
  await page.getByRole("button", { name: "Continue on this computer" }).click();
  await page.getByRole("button", { name: "Account" }).waitFor();
};

export const timeline = (page: Page) => page.getByRole("log", { name: "Timeline" });
export const progress = (page: Page) => page.getByRole("group", { name: "Progress" });
export const composer = (page: Page) => page.getByRole("textbox", { name: "What should change?" });

/** Waits until the app has opened in the preview. As it does it takes the focus, from a script's next words too. */
export const untilAppOpened = async (page: Page): Promise<void> => {
  const frame = await (await page.locator('iframe[title="Preview"]').elementHandle())?.contentFrame();
  await frame?.waitForURL(/^http/);
  await frame?.waitForLoadState("load");
};

/** Numbers of the timeline's rows, in the order they stand. */
export const rowSeqs = (page: Page): Promise<number[]> =>
  timeline(page)
    .locator("[data-seq]")
    .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("data-seq"))));

/** Waits until the timeline has applied this event. */
export const untilSeq = (page: Page, seq: number) =>
  page.locator(`[role="log"][data-last-seq="${seq}"]`).waitFor({ state: "attached" });
