/** What a page's visitor sees of its loading: when it paints, and what moves. */
import type { Page } from "playwright-core";
import { signIn } from "./pages.ts";
import type { Stub } from "./stub.ts";

/** "Good" after web.dev's Core Web Vitals is 0.1; a page that only grows at its end needs none of it. */
export const MAX_LAYOUT_SHIFT = 0.02;

/** Not in TypeScript's DOM: https://wicg.github.io/layout-instability/ */
interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
}

interface Seen {
  /** Sum of all layout shifts that no input of the user caused. */
  shift: number;
  /** What moved: classes of the elements, and from where to where. */
  moved: string[];
  /** Largest contentful paint, after the start of the navigation. */
  paintMs: number;
  firstPaintMs: number;
  /** Every task of the main thread that kept it for more than 50 ms. */
  longTasks: { startMs: number; durationMs: number }[];
}

/** Watches every page that is opened from now on. */
export const observe = (page: Page) =>
  page.addInitScript(() => {
    const seen = {
      shift: 0,
      moved: [] as string[],
      paintMs: 0,
      firstPaintMs: 0,
      longTasks: [] as Seen["longTasks"],
    };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as LayoutShift[]) {
        if (entry.hadRecentInput) continue;
        seen.shift += entry.value;
        for (const { node, previousRect, currentRect } of entry.sources) {
          const name = node instanceof Element ? `${node.tagName} ${node.className}` : (node?.nodeName ?? "");
          const where = ({ x, y, width, height }: DOMRectReadOnly) =>
            [x, y, width, height].map(Math.round).join(",");
          seen.moved.push(
            `${entry.value.toFixed(4)} ${name}: ${where(previousRect)} to ${where(currentRect)}`,
          );
        }
      }
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      seen.paintMs = list.getEntries().at(-1)?.startTime ?? 0;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      seen.firstPaintMs = list.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
    }).observe({ type: "paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries())
        seen.longTasks.push({ startMs: startTime, durationMs: duration });
    }).observe({ type: "longtask", buffered: true });
  });

export const seen = (page: Page) => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

/**
 * Loads the home page of somebody who is signed in and has apps.
 * @param prepare what is done before the load that is measured
 */
export const loadHome = async (stub: Stub, page: Page, prepare = async () => {}): Promise<Seen> => {
  for (const name of ["Todo list", "Notes", "Clock"]) stub.addApp(`A ${name}`, name);
  await signIn(page, stub.url);
  await observe(page);
  await prepare();
  await page.reload();
  await page.getByRole("link", { name: "Clock" }).waitFor();
  return seen(page);
};
