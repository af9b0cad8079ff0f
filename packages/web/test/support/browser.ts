import type { BrowserContextOptions, Page } from "playwright-core";
import { sharedBrowser } from "@leo/local/testing/chromium.ts";

export interface PageOptions extends BrowserContextOptions {
  /** Messages of the page's console that the test expects. */
  allowedErrors?: RegExp;
}

/** For what will come: less than a test may take, so that the page's own sentence says what did not. */
const WAIT_MS = 60_000;

/** Runs with a fresh page that shows no motion unless the options ask for it. Errors of the page and of its console make the run fail. */
export const withPage = async (
  { allowedErrors, ...options }: PageOptions,
  run: (page: Page) => Promise<void>,
): Promise<void> => {
  const browser = await sharedBrowser();
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(WAIT_MS);
  const errors: string[] = [];
  const note = (text: string) => {
    if (!allowedErrors?.test(text)) errors.push(text);
  };
  context.on("weberror", (error) => note(String(error.error())));
  context.on("console", (message) => {
    if (message.type() === "error") note(message.text());
  });
  try {
    await run(await context.newPage());
  } finally {
    await context.close();
  }
  if (errors.length > 0) throw new Error(`The page reported errors:\n${errors.join("\n")}`);
};
