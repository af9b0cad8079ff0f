/** What goes wrong while pages of an app are shown, told with addresses and places in the sources. */
import type { ConsoleMessage, Page, Response } from "playwright-core";
import { errorText } from "../error-text.ts";
import type { ServedApp } from "./serve-files.ts";
import type { Sources } from "./source-maps.ts";

/** An app that fails over and over says the same at the end as at the beginning. */
const PROBLEMS_MAX = 20;
const TEXT_MAX_CHARS = 4_000;

const START = "/";
const ADDRESS = /https?:\/\/[^\s"'()]+/g;

export class Problems {
  readonly #app: ServedApp;
  readonly #sources: Sources;
  readonly #found = new Map<string, Promise<string>>();
  #page = START;
  /** How many there were before this page. */
  #countBefore = 0;

  constructor(app: ServedApp, sources: Sources) {
    this.#app = app;
    this.#sources = sources;
  }

  /** Listens to a page. What comes counts for the path that was last given to `at`. */
  watch(page: Page): void {
    page.on("pageerror", (error) => this.#explain(`Uncaught ${error.stack || errorText(error)}`));
    page.on("console", (message) => this.#console(message));
    page.on("response", (response) => this.#response(response));
  }

  /** @param path of the page that is shown from here on */
  at(path: string): void {
    this.#page = path;
    this.#countBefore = this.#found.size;
  }

  add(text: string): void {
    this.#keep(text, Promise.resolve(text));
  }

  /** @param url on the app's origin, and not within the app */
  leadsOut(url: string): void {
    const { pathname } = new URL(url);
    this.add(
      `${pathname} is not found: the app is served under a path, so write its own addresses without a leading slash.`,
    );
  }

  /** Whether the page that is shown has failed. */
  get hasAny(): boolean {
    return this.#found.size > this.#countBefore;
  }

  /** @returns all of them, or undefined when there are none */
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

  /** Errors quote addresses, and what only looks like one. */
  #pathOf(url: string): string | undefined {
    return URL.canParse(url) ? this.#app.pathOf(url) : undefined;
  }

  /** The built file that an address leads to. */
  #fileOf(url: string): string | undefined {
    const path = this.#pathOf(url);
    const served = path === undefined ? undefined : this.#app.find(path);
    return served?.kind === "file" ? served.path : undefined;
  }

  #console(message: ConsoleMessage): void {
    if (message.type() !== "error") return;
    const text = message.text();
    // A file that could not be loaded is told with its address, by its response.
    if (text.startsWith("Failed to load resource")) return;
    // A host that is away is not the app's error.
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
