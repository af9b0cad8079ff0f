import { chromium, type Browser } from "playwright-core";
import { findChromium } from "../../setup/chromium.mjs";

/**
 * Chromium takes the last such flag, so this stands in the place of Playwright's own list. Playwright's
 * switches the partitioning of storage off, and Chromium then denies storage to frames of another site,
 * previews among them, which it does for no person. The list of suggestions under the address is a page
 * of its own in every window and takes more processor time than the page that is tested; a spare process
 * for the next page is of no use here either.
 */
const DISABLED_FEATURES = [
  "Translate",
  "MediaRouter",
  "OptimizationHints",
  "AimEnabled",
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "SpareRendererForSitePerProcess",
];

/**
 * Flags for a quiet headless browser in tests. A name under `.test`, which no name server knows, is this machine
 * under a name that the browser does not take for it: plain HTTP there is no secure context.
 */
export const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP *.test 127.0.0.1",
  `--disable-features=${DISABLED_FEATURES.join(",")}`,
];

/** The Chromium that the set-up found or brought. @throws when there is none */
export const chromiumPath = (): string => {
  const found = findChromium();
  if (!found) throw new Error("no Chromium: run `npm test`, whose set-up brings one, or set LEO_CHROMIUM");
  return found;
};

let launched: Promise<Browser> | undefined;

/** The browser that all tests of this process share, each in contexts of its own. It ends with the process. */
export const sharedBrowser = (): Promise<Browser> =>
  (launched ??= chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS }));

/** For scripts, which end when nothing is left open. */
export const closeBrowser = async (): Promise<void> => {
  const browser = await launched;
  launched = undefined;
  await browser?.close();
};
