import { existsSync } from "node:fs";

const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Path of a browser on this machine, or undefined where there is none. @param configured the only place to look, if set */
export const findChromium = (configured?: string): string | undefined =>
  (configured === undefined ? USUAL_PLACES : [configured]).find((path) => existsSync(path));
