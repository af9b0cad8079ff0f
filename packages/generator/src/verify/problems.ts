/** Problems while the app's pages are shown, with their addresses and places in the sources. */
import type { ConsoleMessage, Page, Response } from "playwright-core";
import { errorText } from "../error-text.ts";
import type { ServedApp } from "./serve-files.ts";
import type { Sources } from "./source-maps.ts";

/** Enough: an app that keeps failing repeats itself. */
const PROBLEMS_MAX = 20;
const TEXT_MAX_CHARS = 4_000;

const START = "/";
const ADDRESS = /https?:\/\/[^\s"'()]+/g;

export class Problems {
  readonly #app: ServedApp;
  readonly #sources: Sources;
  readonly #found = new Map<string, Promise<string>>();
  #page = START;
  /** Number of problems before this page. */
  #countBefore = 0;

  constructor(app: ServedApp, sources: Sources) {
    this.#app = app;
    this.#sources = sources;
  }

  /** Listens to a page. Problems count for the path last given to `at`. */
  watch(page: Page): void {
    page.on("pageerror", (error) => this.#explain(`Uncaught ${error.stack || errorText(error)}`));
    page.on("console", (message) => this.#console(message));
    page.on("response", (response) => this.#response(response));
  }

  /** @param path of the page that is shown from now on */
  at(path: string): void {
    this.#page = path;
    this.#countBefore = this.#found.size;
  }

  add(text: string): void {
    this.#keep(text, Promise.resolve(text));
  }

  /** @param url on the app's origin, but outside the app */
  leadsOut(url: string): void {
    const { pathname } = new URL(url);
    this.add(
      `${pathname} is not found: the app is served under a path, so write its own addresses without a leading slash.`,
    );
  }

  /** Whether the current page has failed. */
  get hasAny(): boolean {
    return this.#found.size > this.#countBefore;
  }

  /** @returns all problems, or undefined if there are none */
  async text(): Promise<string | undefined> {
    const texts = await Promise.all(this.#found.values());
    return texts.join("\n") || undefined;
  }

  #keep(key: string, text: Promise<string>): void {
    if (this.#found.size >= PROBLEMS_MAX || this.#found.has(key)) return;
    const where = this.#page === START ? "" : `On ${this.#page}: `;
    this.#found.set(
      key,
      text.then((explained) => where + explained),
    );
  }

  #explain(text: string): void {
    const cut = text.slice(0, TEXT_MAX_CHARS);
    const explained = this.#sources.explain(cut, (url) => this.#fileOf(url));
    this.#keep(
      cut,
      explained.then((problem) => problem.replace(ADDRESS, (url) => this.#pathOf(url) ?? url)),
    );
  }

  /** Errors contain addresses, and text that only looks like one. */
  #pathOf(url: string): string | undefined {
    return URL.canParse(url) ? this.#app.pathOf(url) : undefined;
  }

  /** The built file at an address. */
  #fileOf(url: string): string | undefined {
    const path = this.#pathOf(url);
    const served = path === undefined ? undefined : this.#app.find(path);
    return served?.kind === "file" ? served.path : undefined;
  }

  #console(message: ConsoleMessage): void {
    if (message.type() !== "error") return;
    const text = message.text();
    // The response handler reports a file that couldn't be loaded, with its address.
    if (text.startsWith("Failed to load resource")) return;
    // An unreachable host isn't the app's error.
    const { url } = message.location();
    if (url !== "" && !url.startsWith(this.#app.origin)) return;
    this.#explain(`Console error: ${text}`);
  }

  #response(response: Response): void {
    const status = response.status();
    if (status < 400 || !response.url().startsWith(this.#app.origin)) return;
    const path = this.#app.pathOf(response.url());
    if (path === undefined) return this.leadsOut(response.url());
    const request = response.request();
    if (request.isNavigationRequest() && this.#page === path) return;
    const by = request.isNavigationRequest() ? this.#page : this.#app.pathOf(request.frame().url());
    this.add(`${status} for ${path}, requested by ${by ?? this.#page}`);
  }
}
