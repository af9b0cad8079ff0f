import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks again and again until the answer is neither undefined nor false.
 * @throws after `timeoutMs`, naming what was waited for
 */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 40_000,
): Promise<T> => {
  const giveUpAt = performance.now() + timeoutMs;
  while (performance.now() < giveUpAt) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await delay(10);
  }
  throw new Error(`waited ${timeoutMs} ms for ${what}`);
};
