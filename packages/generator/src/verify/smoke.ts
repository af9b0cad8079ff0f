/** Loads the built app in a real browser, as its user will. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import type { RunPaths } from "../workspace/paths.ts";
import { serveFiles } from "./serve-files.ts";
import { errorText } from "../error-text.ts";

const LOAD_TIMEOUT_MS = 15_000;
/** Errors of the first moments, such as an effect that throws, come after the first paint. */
const SETTLE_MS = 200;
export interface SmokeResult {
  passed: boolean;
  /** What is wrong, or undefined. */
  output?: string;
  /** PNG. Absent when the page could not be painted. */
  screenshot?: Buffer;
}

const PRIVATE_HOST =
  /(?:^|\.)(?:localhost|test)\.?$|^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|\[)/;

/** The app may fetch from the internet, and may not reach this machine's or the task's own services. */
const confine = (page: Page, origin: string) =>
  page.route("**/*", (route) => {
    const url = new URL(route.request().url());
    const blocked = url.origin !== origin && PRIVATE_HOST.test(url.hostname);
    return blocked ? route.abort("blockedbyclient") : route.continue();
  });

/** Runs in the page. */
const IS_BLANK = `(() => {
  const root = document.getElementById("root") ?? document.body;
  return root.innerText.trim() === "" && !root.querySelector("canvas, svg, img, video, input, button");
})()`;

/**
 * Serves `dist` as its preview will be served, and loads it: it must paint something and log no error.
 * @param preview how people will see the app
 */
export const smokeTest = async (
  browser: Browser,
  dist: string,
  preview: PreviewConditions,
): Promise<SmokeResult> => {
  const server = await serveFiles(dist, preview);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  try {
    const problems: string[] = [];
    const { origin } = new URL(server.url);
    await confine(page, origin);
    page.on("pageerror", (error) => problems.push(`Uncaught ${error.stack || error.message}`));
    page.on("console", (message) => {
      // A host that is away is not the app's error; one of its own files that is missing is.
      const foreign = message.location().url !== "" && !message.location().url.startsWith(origin);
      if (message.type() === "error" && !foreign) problems.push(`Console error: ${message.text()}`);
    });
    await page.goto(server.url, { waitUntil: "load", timeout: LOAD_TIMEOUT_MS });
    await page.waitForTimeout(SETTLE_MS);
    if (await page.evaluate<boolean>(IS_BLANK))
      problems.push("The page is blank: nothing is shown under #root.");
    const screenshot = await page.screenshot({ type: "png", timeout: LOAD_TIMEOUT_MS });
    return { passed: problems.length === 0, output: problems.join("\n") || undefined, screenshot };
  } catch (error) {
    return { passed: false, output: `The page could not be loaded: ${errorText(error)}` };
  } finally {
    await page.close();
    await server.close();
  }
};

/** Directory of the build's output. */
export const outputDirectory = (paths: Pick<RunPaths, "workspace">) => join(paths.workspace, "dist");
