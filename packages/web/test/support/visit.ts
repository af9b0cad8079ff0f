/** Going from state to state within one page of Leo. */
import type { Page } from "playwright-core";
import type { State } from "./states.ts";

/** Goes there as a link within Leo does: without loading it all anew. */
export const go = async (page: Page, { path, act, ready }: State): Promise<void> => {
  await page.evaluate((to) => history.pushState(null, "", to), path);
  await act?.(page);
  await ready(page);
};

/** Closes what is open and goes where nothing of it is. */
export const leave = async (page: Page): Promise<void> => {
  await page.keyboard.press("Escape");
  await page.evaluate(() => history.pushState(null, "", "/nope"));
};
