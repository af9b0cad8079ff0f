import { chromium, type BrowserContext } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs with an empty profile of the installed Chromium. */
export const withBrowser = async (run: (context: BrowserContext) => Promise<void>): Promise<void> => {
  const executablePath = process.env["LEO_CHROMIUM"] ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  try {
    await run(await browser.newContext());
  } finally {
    await browser.close();
  }
};
