/** The first load of the home page with an empty cache, under Lighthouse's conditions. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { withPage } from "../test/support/browser.ts";
import { FIRST_LOAD_MAX_BYTES } from "../test/support/first-load.ts";
import { loadHome } from "../test/support/paints.ts";
import { withStub } from "../test/support/stub.ts";
import { inKb, inMs, tellAtMost, tellShift } from "./report.ts";

/** "Good" after web.dev. */
const FIRST_PAINT_MAX_MS = 1_800;
const LARGEST_PAINT_MAX_MS = 2_500;
const BLOCKED_MAX_MS = 200;
/** What a task may take before it keeps a person waiting; Lighthouse counts what is over it. */
const FREE_MS = 50;

export interface Conditions {
  name: string;
  options: BrowserContextOptions;
  latencyMs: number;
  bytesPerSecond: number;
  processorSlowdown: number;
}

const kilobits = (count: number) => (count * 1_024) / 8;

/**
 * `desktopDense4G` and `mobileSlow4G` as Lighthouse gives them to Chromium:
 * https://github.com/GoogleChrome/lighthouse/blob/main/core/config/constants.js
 */
export const CONDITIONS: readonly Conditions[] = [
  {
    name: "desktop",
    options: { viewport: { width: 1350, height: 940 } },
    latencyMs: 40,
    bytesPerSecond: kilobits(10_240),
    processorSlowdown: 1,
  },
  {
    name: "phone, slow 4G",
    options: { viewport: { width: 412, height: 823 }, isMobile: true, hasTouch: true },
    latencyMs: 562.5,
    bytesPerSecond: kilobits(1_474.56),
    processorSlowdown: 4,
  },
];

const restrain = async (page: Page, { latencyMs, bytesPerSecond, processorSlowdown }: Conditions) => {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: latencyMs,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: processorSlowdown });
};

/** Bytes of JavaScript that came over the line. */
const scriptBytes = (page: Page): Promise<number> =>
  page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter(({ name }) => name.endsWith(".js"))
      .reduce((sum, { transferSize }) => sum + transferSize, 0),
  );

export const measureLoad = (conditions: Conditions): Promise<void> =>
  withStub({}, (stub) =>
    withPage({ ...conditions.options, reducedMotion: "no-preference" }, async (page) => {
      const seen = await loadHome(stub, page, () => restrain(page, conditions));
      const blockedMs = seen.longTasks
        .filter(({ startMs }) => startMs >= seen.firstPaintMs)
        .reduce((sum, { durationMs }) => sum + durationMs - FREE_MS, 0);
      const tellOf = (what: string) => `home, ${conditions.name}: ${what}`;
      tellAtMost(tellOf("first paint"), seen.firstPaintMs, FIRST_PAINT_MAX_MS, inMs);
      tellAtMost(tellOf("largest paint"), seen.paintMs, LARGEST_PAINT_MAX_MS, inMs);
      tellAtMost(tellOf("blocked in all"), blockedMs, BLOCKED_MAX_MS, inMs);
      tellAtMost(tellOf("JavaScript loaded"), await scriptBytes(page), FIRST_LOAD_MAX_BYTES, inKb);
      tellShift(tellOf("layout shift"), seen.shift, seen.moved);
    }),
  );
