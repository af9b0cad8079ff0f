import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const CHROMIUM = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let launched: Promise<Browser> | undefined;

const launch = () => {
  const executablePath = process.env["LEO_CHROMIUM"] ?? CHROMIUM.find((path) => existsSync(path));
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), args: FLAGS });
};

/** Runs with a fresh page. What the page's console reports as an error makes the run fail. */
export const withPage = async (
  options: BrowserContextOptions,
  run: (page: Page) => Promise<void>,
): Promise<void> => {
  launched ??= launch();
  const browser = await launched;
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  try {
    await run(page);
  } finally {
    await context.close();
  }
  if (errors.length > 0) throw new Error(`The page reported errors:\n${errors.join("\n")}`);
};

export const closeBrowser = async (): Promise<void> => {
  await (await launched)?.close();
  launched = undefined;
};
