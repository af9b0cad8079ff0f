/** How many frames a page paints while events stream into it. */
import { setTimeout as delay } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { longRun } from "./long-run.ts";
import type { Stub } from "./stub.ts";

/** Events in the log before more of them stream in. */
export const STORED_EVENTS = 19_000;
const EVENTS_PER_SECOND = 200;
const BATCHES_PER_SECOND = 20;
const SECONDS = 5;
export const MIN_FRAMES_PER_SECOND = 50;

/** Seconds of processor time that the page's main thread has used. */
const processorSeconds = async (session: CDPSession): Promise<number> => {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
};

/**
 * Counts painted frames until the returned function is called. How many there are depends on what
 * else the machine does; how much processor time each one takes does not, and says how many there can be.
 */
export const measureFrames = async (page: Page) => {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.evaluate(() => {
    const frames = { count: 0, startMs: performance.now(), on: true };
    Object.assign(window, { frames });
    const next = () => {
      frames.count += 1;
      if (frames.on) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  const before = await processorSeconds(session);
  return async () => {
    const used = (await processorSeconds(session)) - before;
    const { count, seconds } = await page.evaluate(() => {
      const { frames } = window as unknown as { frames: { count: number; startMs: number; on: boolean } };
      frames.on = false;
      return { count: frames.count, seconds: (performance.now() - frames.startMs) / 1_000 };
    });
    return { painted: count / seconds, possible: count / used, busyShare: used / seconds };
  };
};

/** Streams 200 events a second for five seconds. @returns the number of the last one */
export const streamEvents = async (stub: Stub, generationId: string): Promise<number> => {
  const perBatch = EVENTS_PER_SECOND / BATCHES_PER_SECOND;
  const startMs = performance.now();
  for (let batch = 0; batch < BATCHES_PER_SECOND * SECONDS; batch += 1) {
    stub.emit(generationId, ...longRun(perBatch, STORED_EVENTS + batch * perBatch));
    await delay(Math.max(0, startMs + ((batch + 1) * 1_000) / BATCHES_PER_SECOND - performance.now()));
  }
  return stub.events.get(generationId)?.length ?? 0;
};
