/** Makes the pictures in docs/images: the real Leo with the scripted model, in a real browser. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, chromiumPath } from "@leo/local/testing/chromium.ts";
import { startLeo } from "../test/support/leo.ts";
import { composer, signIn, timeline } from "../test/support/pages.ts";

const IMAGES = join(import.meta.dirname, "../../../docs/images");
const RUN_MS = 120_000;
const DEVICES = { desktop: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } } as const;
const SCHEMES = ["light", "dark"] as const;

type Device = keyof typeof DEVICES;
type Scheme = (typeof SCHEMES)[number];

interface Scene {
  page: Page;
  shoot: (name: string) => Promise<void>;
}

const build = async (page: Page, prompt: string) => {
  await page.getByRole("textbox", { name: "What should Leo build?" }).fill(prompt);
  await page.getByRole("button", { name: "Build it" }).click();
  await timeline(page).waitFor();
};

const settled = (page: Page) => page.waitForLoadState("networkidle");

/** The walk that every combination of device and colour scheme takes. */
const walk = async ({ page, shoot }: Scene, url: string, device: Device) => {
  const show = async (tab: string) => {
    await page.getByRole("tab", { name: tab }).click();
    await settled(page);
  };
  await signIn(page, url);
  await build(page, "a todo list with dark mode");
  await timeline(page).locator('[data-kind="tool"]').nth(2).waitFor({ timeout: RUN_MS });
  await shoot("running");
  await timeline(page).getByText("Version 1 is ready").waitFor({ timeout: RUN_MS });
  if (device === "phone") await show("Preview");
  const app = page.frameLocator('iframe[title="Preview"]');
  for (const item of ["Book the train", "Water the plants", "Call Ada back"]) {
    await app.getByRole("textbox").first().fill(item);
    await app.getByRole("textbox").first().press("Enter");
  }
  await shoot("done");
  if (device === "desktop") {
    await composer(page).fill("add a search box");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await timeline(page).getByText("Version 2 is ready").waitFor({ timeout: RUN_MS });
    await show("Code");
    await shoot("code");
    await show("Changes");
    await shoot("changes");
  }
  await page.goto(url);
  await build(page, "a notes app mock:build-error-forever");
  await timeline(page).getByRole("button", { name: "Fix this" }).waitFor({ timeout: RUN_MS });
  await shoot("failure");
  await page.goto(url);
  await page.getByRole("textbox", { name: "What should Leo build?" }).waitFor();
  await settled(page);
  await shoot("home");
};

const capture = async (browser: Browser, url: string, device: Device, colorScheme: Scheme) => {
  const context = await browser.newContext({
    viewport: DEVICES[device],
    colorScheme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const shoot = async (name: string) => {
    const file = `${name}-${colorScheme}-${device}.png`;
    await page.screenshot({ path: join(IMAGES, file) });
    console.log(`docs/images/${file}`);
  };
  await walk({ page, shoot }, url, device);
  await context.close();
};

await mkdir(IMAGES, { recursive: true });
const leo = await startLeo({ LEO_MOCK_PACE_MS: "40" });
const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
try {
  for (const device of Object.keys(DEVICES) as Device[]) {
    for (const scheme of SCHEMES) await capture(browser, leo.url, device, scheme);
  }
} finally {
  await browser.close();
  await leo.stop();
}
