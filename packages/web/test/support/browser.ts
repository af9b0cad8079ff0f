import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, chromiumPath } from "@leo/local/testing/chromium.ts";

/**
 * The last such flag counts, so this takes the place of Playwright's own list. That one switches the
 * partitioning of storage off, and Chromium then denies storage to frames of another site, previews
 * among them, which it does for no person.
 */
const PARTITIONED_STORAGE = "--disable-features=Translate,MediaRouter,OptimizationHints";

let launched: Promise<Browser> | undefined;

export interface PageOptions extends BrowserContextOptions {
  /** Messages of the page's console that the test expects. */
  allowedErrors?: RegExp;
}

/** Runs with a fresh page. Errors of the page and of its console make the run fail. */
export const withPage = async (
  { allowedErrors, ...options }: PageOptions,
  run: (page: Page) => Promise<void>,
): Promise<void> => {
  launched ??= chromium.launch({
    executablePath: chromiumPath(),
    args: [...CHROMIUM_FLAGS, PARTITIONED_STORAGE],
  });
  const browser = await launched;
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
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

export const closeBrowser = async (): Promise<void> => {
  const browser = await launched;
  launched = undefined;
  await browser?.close();
};
