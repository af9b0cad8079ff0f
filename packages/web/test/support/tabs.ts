/**
 * A browser in which a tab is hidden for real while another one is in front. Playwright makes the pages
 * of its own contexts believe that they are always seen; those of a browser that it is only connected
 * to, it leaves as they are.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, chromiumPath } from "@leo/local/testing/chromium.ts";
import { until } from "@leo/local/testing/until.ts";
import { stopProcess } from "./stop-process.ts";

const READY_MS = 60_000;

export interface Tab {
  page: Page;
  /** Puts another tab in front of it. */
  hide: () => Promise<void>;
  /** Stops a hidden tab's scripts and timers, as the browser does with one that is long unseen. */
  freeze: () => Promise<void>;
  /** Puts it in front; a frozen one goes on. */
  show: () => Promise<void>;
}

const debuggerAddress = async (child: ChildProcess): Promise<string> => {
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
  return until("the browser", () => /DevTools listening on (\S+)/.exec(output)?.[1], READY_MS);
};

const visibility = (page: Page, state: DocumentVisibilityState) =>
  until(`a ${state} page`, () => page.evaluate((to) => document.visibilityState === to, state));

const openTab = async (context: BrowserContext, other: Page): Promise<Tab> => {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  return {
    page,
    hide: async () => {
      await other.bringToFront();
      await visibility(page, "hidden");
    },
    freeze: async () => {
      await session.send("Page.setWebLifecycleState", { state: "frozen" });
    },
    show: async () => {
      await page.bringToFront();
      await visibility(page, "visible");
    },
  };
};

export interface Tabs {
  /** Runs with a fresh tab. */
  withTab: (options: { mayNotify: boolean }, run: (tab: Tab) => Promise<void>) => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts a browser with one empty tab, which is put in front of those that are to be hidden. */
export const startTabs = async (): Promise<Tabs> => {
  const folder = await mkdtemp(join(tmpdir(), "leo-web-tabs-"));
  const flags = ["--remote-debugging-port=0", `--user-data-dir=${folder}`, "--window-size=1280,800"];
  const child = spawn(chromiumPath(), [...CHROMIUM_FLAGS, ...flags, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stop = async () => {
    await stopProcess(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const browser = await chromium.connectOverCDP(await debuggerAddress(child), { noDefaults: true });
    const [context] = browser.contexts();
    const [other] = context?.pages() ?? [];
    if (!context || !other) throw new Error("The browser has opened no tab.");
    return {
      withTab: async ({ mayNotify }, run) => {
        await context.clearPermissions();
        await context.grantPermissions(mayNotify ? ["notifications"] : []);
        const tab = await openTab(context, other);
        await run(tab);
        await tab.page.close();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
