/** Loads the built app in a real browser, in a frame like its preview's, and follows its links. */
import type { Browser, Frame, Page } from "playwright-core";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { errorText } from "../error-text.ts";
import { waitForPaint } from "./painted.ts";
import { Problems } from "./problems.ts";
import { serveFiles, type ServedApp } from "./serve-files.ts";
import { Sources } from "./source-maps.ts";

const LOAD_TIMEOUT_MS = 15_000;
/** Early errors, such as an effect that throws, come after the first paint. */
const SETTLE_MS = 200;
/** An app may load data or play an intro before it shows anything; people wait about this long. */
const PAINT_MS = 8_000;
/** The same for a page that has already failed. */
const PAINT_AFTER_ERROR_MS = 500;
/** Pages that are checked, including the first. */
const PAGES_MAX = 20;
/** No further page is started after this many milliseconds. */
const PAGES_MS = 30_000;
const MARKUP_MAX_CHARS = 300;

export interface SmokeResult {
  passed: boolean;
  /** The problems, or undefined. */
  output?: string;
  /** PNG of the first page. Absent if it couldn't be painted. */
  screenshot?: Buffer;
}

export interface SmokeOptions {
  /** How people will see the app. */
  preview: PreviewConditions;
  /** Where the source maps of the build are, if there are any. */
  maps?: string;
}

const PRIVATE_HOST =
  /(?:^|\.)(?:localhost|test)\.?$|^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|\[)/;

/** The app may fetch from the internet, but not from services of this machine or the task. */
const confine = (page: Page, { origin }: ServedApp) =>
  page.route("**/*", (route) => {
    const request = route.request();
    const url = new URL(request.url());
    const isFramePage = request.isNavigationRequest() && request.frame() === page.mainFrame();
    const blocked = !isFramePage && url.origin !== origin && PRIVATE_HOST.test(url.hostname);
    return blocked ? route.abort("blockedbyclient") : route.continue();
  });

/** Runs in the app's page. Links within the page lead nowhere new, unless the app treats the `#` part as a route. */
const LINKS = `[...document.querySelectorAll("a[href]")].filter((link) => {
  const href = link.getAttribute("href");
  return !href.startsWith("#") || /^#!?\\//.test(href);
}).flatMap((link) => {
  const href = link.getAttribute("href");
  return URL.canParse(href, document.baseURI) ? [new URL(href, document.baseURI).href] : [];
})`;

/** Runs in the app's page. */
const MARKUP = `document.body?.outerHTML.replace(/<script>[^]*?<\\/script>/g, "") ?? ""`;

/** The path of a link within the app, with its hash route; undefined if it leads elsewhere. */
const pathOfLink = (link: string, app: ServedApp): string | undefined => {
  if (!URL.canParse(link)) return undefined;
  const path = app.pathOf(link);
  const { search, hash } = new URL(link);
  if (path === undefined) return undefined;
  // A folder and its index are the same page.
  return path.replace(/\/index\.html$/, "/") + search + (/^#!?\//.test(hash) ? hash : "");
};

/** Evaluates in the app's page, even if that is just navigating to another page. */
const evaluateIn = async <T>(frame: Frame, script: string): Promise<T> => {
  try {
    return await frame.evaluate<T>(script);
  } catch (error) {
    if (!/context was destroyed|navigat/i.test(errorText(error))) throw error;
    await frame.waitForLoadState("load", { timeout: LOAD_TIMEOUT_MS });
    return frame.evaluate<T>(script);
  }
};

const describeBlank = async (frame: Frame, colour: string): Promise<string> => {
  const markup = await evaluateIn<string>(frame, MARKUP);
  return (
    `The page is blank: every pixel is ${colour}, and there is no field to write in. ` +
    `What it has drawn by then: ${markup.slice(0, MARKUP_MAX_CHARS)}`
  );
};

class SmokeTest {
  readonly #app: ServedApp;
  readonly #page: Page;
  readonly #problems: Problems;
  /** Paths that have been or will be shown, with the page that links to each. */
  readonly #linkedFrom = new Map<string, string>([["/", "/"]]);

  constructor(app: ServedApp, page: Page, problems: Problems) {
    this.#app = app;
    this.#page = page;
    this.#problems = problems;
  }

  /** Shows the first page and those it links to, once each. @returns a picture of the first */
  async run(): Promise<Buffer | undefined> {
    const startedMs = performance.now();
    let first: Buffer | undefined;
    let shown = 0;
    for (const [path, from] of this.#linkedFrom) {
      if (shown >= PAGES_MAX || performance.now() - startedMs > PAGES_MS) break;
      if (!this.#leadsToPage(path, from)) continue;
      const screenshot = await this.#show(path);
      first ??= screenshot;
      shown += 1;
    }
    return first;
  }

  /** Reports a dead link. @returns false if there is no page to show */
  #leadsToPage(path: string, from: string): boolean {
    const [file = path] = path.split(/[?#]/);
    let served = this.#app.find(file);
    if (served.kind === "folder") served = this.#app.find(`${file}/`);
    if (served.kind === "file" && served.status === 200) return /\.html?$/i.test(served.path);
    this.#problems.at(from);
    const what = path === "/" ? "The app has no index.html" : `404 for ${path}, which a link leads to`;
    this.#problems.add(what);
    return false;
  }

  async #show(path: string): Promise<Buffer | undefined> {
    this.#problems.at(path);
    const url = this.#app.frameUrl(path);
    await this.#page.goto(url, { waitUntil: "load", timeout: LOAD_TIMEOUT_MS });
    const frame = this.#page.mainFrame().childFrames()[0];
    if (!frame) throw new Error("the frame of the app is gone");
    await this.#page.waitForTimeout(SETTLE_MS);
    const waitMs = () => (this.#problems.hasAny ? PAINT_AFTER_ERROR_MS : PAINT_MS);
    const { screenshot, blank } = await waitForPaint(this.#page, frame, waitMs);
    if (blank !== undefined) this.#problems.add(await describeBlank(frame, blank));
    await this.#collectLinks(frame, path);
    return screenshot;
  }

  async #collectLinks(frame: Frame, from: string): Promise<void> {
    for (const link of await evaluateIn<string[]>(frame, LINKS)) {
      const path = pathOfLink(link, this.#app);
      if (path === undefined && link.startsWith(`${this.#app.origin}/`)) this.#problems.leadsOut(link);
      if (path !== undefined && !this.#linkedFrom.has(path)) this.#linkedFrom.set(path, from);
    }
  }
}

/**
 * Serves `dist` like its preview and shows it. Every page has to paint something without logging an error, and every
 * link within the app has to lead somewhere. At most 20 pages are shown.
 */
export const smokeTest = async (
  browser: Browser,
  dist: string,
  { preview, maps = "" }: SmokeOptions,
): Promise<SmokeResult> => {
  const app = await serveFiles(dist, preview);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const problems = new Problems(app, new Sources(dist, maps));
  try {
    const page = await context.newPage();
    await confine(page, app);
    problems.watch(page);
    const screenshot = await new SmokeTest(app, page, problems).run();
    const output = await problems.text();
    return { passed: output === undefined, output, screenshot };
  } catch (error) {
    const output = [await problems.text(), `The page could not be loaded: ${errorText(error)}`];
    return { passed: false, output: output.filter(Boolean).join("\n") };
  } finally {
    await context.close();
    await app.close();
  }
};
