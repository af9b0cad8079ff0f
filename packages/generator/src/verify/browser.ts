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
  // Stands in the place of Playwright's own list. The suggestions under the address are a page of their own in
  // every window, which takes as much of the processor as the app's.
  "--disable-features=Translate,MediaRouter,OptimizationHints,AimEnabled,WebUIOmniboxPopup,WebUIOmniboxAimPopup",
  // A name under `.test`, which no name server knows, is this machine under a name that is no secure context.
  "--host-resolver-rules=MAP *.test 127.0.0.1",
  // A container has no user namespaces to build the browser's own sandbox from; it is one itself.
  "--no-sandbox",
];

/** The browser of one run. It takes most of a second to start: worth doing while the agent still works. */
export class RunBrowser {
  readonly #executablePath: string | undefined;
  readonly #paths: RunPaths;
  #starting: Promise<Browser | Error> | undefined;

  /** @param executablePath undefined where there is no browser */
  constructor(executablePath: string | undefined, paths: RunPaths) {
    this.#executablePath = executablePath;
    this.#paths = paths;
  }

  get exists(): boolean {
    return this.#executablePath !== undefined;
  }

  /** Starts it unless it has been. Nobody needs to wait. */
  warm(): void {
    if (this.#executablePath) this.#starting ??= this.#launch(this.#executablePath);
  }

  /** The running browser, or why it does not run. Started again if it has gone. */
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
        // It runs what an agent wrote.
        env: cleanEnvironment(this.#paths),
        args: [...ARGS, `--crash-dumps-dir=${this.#paths.temporary}`],
        timeout: LAUNCH_TIMEOUT_MS,
      });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
