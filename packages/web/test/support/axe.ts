/** What axe finds wrong on a page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

declare global {
  interface Window {
    axe?: { run: (context: object, options: object) => Promise<AxeResults> };
  }
}

/**
 * @param rules all of axe's own choice unless named
 * @returns one line for each place. Apps in frames are not Leo's
 */
export const violations = async (page: Page, rules?: string[]): Promise<string[]> => {
  if (await page.evaluate(() => !window.axe)) await page.evaluate(AXE);
  const results = await page.evaluate(
    (runOnly) =>
      window.axe?.run(
        { exclude: [["iframe"]] },
        { resultTypes: ["violations"], iframes: false, ...(runOnly && { runOnly }) },
      ),
    rules,
  );
  if (!results) throw new Error("axe is not on the page.");
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary?.replaceAll("\n", " ")}`),
  );
};
