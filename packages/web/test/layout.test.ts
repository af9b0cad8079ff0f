/** The pages on a very large screen and on a small one. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { signIn } from "./support/pages.ts";
import { everyState } from "./support/states.ts";
import { withStub } from "./support/stub.ts";
import { go, leave } from "./support/visit.ts";

const HUGE = { width: 3_840, height: 2_160 };
const PHONE = { width: 360, height: 740 };

/** Every state on two screens. */
const LONG = { timeout: 240_000 };

/** Typography asks for 45 to 75 characters a line and allows 100 at most; WCAG 1.4.8 says 80. */
const MAX_LINE_CHARS = 100;

/** Elements that reach over the edge of the page, but for those in a box that scrolls or cuts them off. */
const overflowing = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isHeld = (element: Element): boolean => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
        if (getComputedStyle(at).overflowX !== "visible") return true;
      return false;
    };
    const over = [...document.body.querySelectorAll("*")].filter(
      (element) =>
        element.checkVisibility() &&
        element.getBoundingClientRect().right > innerWidth + 1 &&
        !isHeld(element),
    );
    const wide = document.documentElement.scrollWidth - innerWidth;
    return [
      ...(wide > 0 ? [`the page is ${wide} pixels too wide`] : []),
      ...over.map((element) => `${element.tagName} ${element.getAttribute("class")} reaches over the edge`),
    ];
  });

/** Running text, not code and not the log, with lines that the eye loses its way in. */
const longLines = (page: Page): Promise<string[]> =>
  page.evaluate((maxChars) => {
    const texts = [...document.body.querySelectorAll("p, li, dd, summary, .prose *")].filter(
      (element) => element.checkVisibility() && !element.closest("pre, code, [aria-label='Log'], .sr-only"),
    );
    return texts.flatMap((element) => {
      const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
      return words.flatMap((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
        const text = node.textContent?.trim() ?? "";
        return lines > 0 && text.length / lines > maxChars ? [`${lines} lines for: ${text}`] : [];
      });
    });
  }, MAX_LINE_CHARS);

/** What part of the page's width and height an element has. */
const share = async (page: Page, selector: string): Promise<{ width: number; height: number }> => {
  const box = await page.locator(selector).first().boundingBox();
  const size = page.viewportSize();
  if (!box || !size) throw new Error(`There is no ${selector} to be seen.`);
  return { width: box.width / size.width, height: box.height / size.height };
};

test("at 4K and at 360 pixels nothing overflows, and no line of text is too long to read", LONG, async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of 409/ }, async (page) => {
      await signIn(page, stub.url);
      const found: string[] = [];
      for (const viewport of [HUGE, PHONE]) {
        await page.setViewportSize(viewport);
        for (const state of everyState(stub)) {
          await go(page, state);
          const faults = [...(await overflowing(page)), ...(await longLines(page))];
          found.push(...faults.map((fault) => `${state.name} at ${viewport.width}: ${fault}`));
          await leave(page);
        }
      }
      expect(found).toEqual([]);
    }),
  );
});

test("at 4K the app and the list of apps have the room that there is", async () => {
  await withStub({}, (stub) =>
    withPage({ viewport: HUGE }, async (page) => {
      const states = everyState(stub);
      const done = states.find(({ name }) => name === "done");
      const home = states.find(({ name }) => name === "home");
      if (!done || !home) throw new Error("These states are needed.");
      await signIn(page, stub.url);
      await go(page, done);
      const app = await share(page, 'iframe[title="Preview"]');
      expect(app.width).toBeGreaterThan(0.8);
      expect(app.height).toBeGreaterThan(0.9);
      const conversation = await share(page, '[aria-label="Conversation"]');
      expect(conversation.width * HUGE.width).toBeGreaterThan(500);
      expect(app.width + conversation.width).toBeGreaterThan(0.99);
      await go(page, home);
      expect((await share(page, "main ul:has(a[href^='/apps/'])")).width).toBeGreaterThan(0.55);
    }),
  );
});
