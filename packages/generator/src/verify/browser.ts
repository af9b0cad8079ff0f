import type { Browser } from "playwright-core";
import { cleanEnvironment } from "../process/environment.ts";
import type { RunPaths } from "../run-paths.ts";

const LAUNCH_TIMEOUT_MS = 15_000;
const ARGS = [
  "--disable-gpu",
  // On Fargate /dev/shm is 64 MB and cannot be enlarged. Playwright passes this by itself today; a large
  // page would crash the browser without it.
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Replaces Playwright's own list. The address bar's suggestions are a page of their own in every window and
  // take as much processor time as the app's.
  "--disable-features=Translate,MediaRouter,OptimizationHints,AimEnabled,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
  // Names under `.test`, which DNS doesn't know, lead to this machine without being a secure context.
  "--host-resolver-rules=MAP *.test 127.0.0.1",
  // A container lacks the user namespaces for the browser's own sandbox; the container is the sandbox.
  "--no-sandbox",
];

/** The browser of one run. Starting it takes most of a second, so it starts while the agent still works. */
export class RunBrowser {
  readonly #executablePath: string | undefined;
  readonly #paths: RunPaths;
  #starting: Promise<Browser | Error> | undefined;

  /** @param executablePath undefined if there is no browser */
  constructor(executablePath: string | undefined, paths: RunPaths) {
    this.#executablePath = executablePath;
    this.#paths = paths;
  }

  get exists(): boolean {
    return this.#executablePath !== undefined;
  }

  /** Starts it unless it's running, without waiting. */
  warm(): void {
    if (this.#executablePath) this.#starting ??= this.#launch(this.#executablePath);
  }

  /** The running browser, restarted if necessary, or why it isn't running. */
  async open(): Promise<Browser | Error> {
    const running = await this.#starting;
    if (running && !(running instanceof Error) && !running.isConnected()) this.#starting = undefined;
    this.warm();
    return this.#starting ?? new Error("there is no browser on this machine");
  }

  async close(): Promise<void> {
    const running = await this.#starting;
    if (running && !(running instanceof Error)) await running.close();
  }

  async #launch(executablePath: string): Promise<Browser | Error> {
    try {
      const { chromium } = await import("playwright-core");
      return await chromium.launch({
        executablePath,
        // It runs code that the agent wrote.
        env: cleanEnvironment(this.#paths),
        args: [...ARGS, `--crash-dumps-dir=${this.#paths.temporary}`],
        timeout: LAUNCH_TIMEOUT_MS,
      });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
