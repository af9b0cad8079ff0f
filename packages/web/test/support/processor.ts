/** How slow the browser's processor is just now, so that a bar in milliseconds holds on a slow or busy machine too. */
import type { Page } from "playwright-core";

const ROUNDS = 20_000_000;
/** What the rounds take in Chromium on an idle core of the two-core machine that the tests are tuned on. */
const REFERENCE_MS = 40;

/** @returns by which factor work in this page takes longer than on the reference, at least 1 */
export const processorFactor = async (page: Page): Promise<number> => {
  const tookMs = await page.evaluate((rounds) => {
    const startMs = performance.now();
    let value = 1;
    for (let round = 0; round < rounds; round += 1) {
      value ^= value << 13;
      value ^= value >>> 17;
      value ^= value << 5;
    }
    // Used, so that the loop is not left out.
    return performance.now() - startMs + (value === 0 ? 1 : 0);
  }, ROUNDS);
  return Math.max(1, tookMs / REFERENCE_MS);
};
