/** Finds a Chromium for browser tests, or brings one. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { projectNode, ROOT, run } from "./run.mjs";
import { SetupError } from "./say.mjs";

const onWindows = (/** @type {string | undefined} */ base) =>
  base ? [path.join(base, "Google/Chrome/Application/chrome.exe")] : [];

const CANDIDATES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ...onWindows(process.env.PROGRAMFILES),
  ...onWindows(process.env["PROGRAMFILES(X86)"]),
  ...onWindows(process.env.LOCALAPPDATA),
];

/** Where Playwright would have put its own. */
const playwrightChromium = () => {
  try {
    return createRequire(path.join(ROOT, "package.json"))("playwright-core").chromium.executablePath();
  } catch {
    return undefined;
  }
};

/** @returns {string | undefined} path of a Chromium or Chrome on this machine */
export const findChromium = () => {
  const named = process.env.LEO_CHROMIUM;
  if (named) return existsSync(named) ? named : undefined;
  const installed = CANDIDATES.find((file) => existsSync(file));
  if (installed) return installed;
  const own = playwrightChromium();
  return own && existsSync(own) ? own : undefined;
};

const isDebianRoot = () => {
  if (process.getuid?.() !== 0 || !existsSync("/etc/os-release")) return false;
  return /^ID(_LIKE)?=.*debian/m.test(readFileSync("/etc/os-release", "utf8"));
};

const byApt = async () => {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("reading Debian's package lists (apt-get update)", "apt-get", ["update", "-q"], { env });
  const args = ["install", "-y", "-q", "--no-install-recommends", "chromium"];
  await run("installing Chromium (apt-get install chromium)", "apt-get", args, { env });
};

const byPlaywright = async () => {
  const cli = path.join(ROOT, "node_modules/playwright-core/cli.js");
  await run("downloading Chromium (playwright-core install chromium)", projectNode(), [
    cli,
    "install",
    "chromium",
  ]);
};

const bring = async (/** @type {Promise<void>} */ packages) => {
  if (isDebianRoot()) return byApt();
  await packages;
  // Playwright may have brought one before.
  if (!findChromium()) await byPlaywright();
};

/**
 * Makes sure that the browser tests have a browser.
 * @param {Promise<void>} packages resolves when the project's packages are installed; apt does not wait for it
 */
export const ensureChromium = async (packages) => {
  if (findChromium()) return;
  if (process.env.LEO_CHROMIUM) {
    throw new SetupError(`LEO_CHROMIUM is ${process.env.LEO_CHROMIUM}, and there is no such file.`);
  }
  await bring(packages).catch((error) => {
    throw new SetupError(
      `The browser tests need Chromium or Chrome. Install one, or set LEO_CHROMIUM to its path.\n${error.message}`,
    );
  });
};
