import { findChromium } from "../../setup/chromium.mjs";

/** Flags for a quiet headless browser in tests. */
export const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The Chromium that the set-up found or brought. @throws when there is none */
export const chromiumPath = (): string => {
  const found = findChromium();
  if (!found) throw new Error("no Chromium: run `npm test`, whose set-up brings one, or set LEO_CHROMIUM");
  return found;
};
