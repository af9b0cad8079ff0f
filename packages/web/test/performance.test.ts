import { setTimeout as delay } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { afterAll, expect, test } from "vitest";
import { closeBrowser, withPage } from "./support/browser.ts";
import { longRun } from "./support/long-run.ts";
import { signIn, untilSeq } from "./support/pages.ts";
import { START } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

afterAll(closeBrowser);

const STORED_EVENTS = 19_000;
const EVENTS_PER_SECOND = 200;
const BATCHES_PER_SECOND = 20;
const SECONDS = 5;
const MIN_FRAMES_PER_SECOND = 50;

/** Seconds of processor time that the page's main thread has used. */
const processorSeconds = async (session: CDPSession): Promise<number> => {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0;
};

/**
 * Counts painted frames until the returned function is called. How many there are depends on what
 * else the machine does; how much processor time each one takes does not, and says how many there can be.
 */
const measureFrames = async (page: Page) => {
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

const stream = async (stub: Stub, generationId: string): Promise<number> => {
  const perBatch = EVENTS_PER_SECOND / BATCHES_PER_SECOND;
  const startMs = performance.now();
  for (let batch = 0; batch < BATCHES_PER_SECOND * SECONDS; batch += 1) {
    stub.emit(generationId, ...longRun(perBatch, STORED_EVENTS + batch * perBatch));
    await delay(Math.max(0, startMs + ((batch + 1) * 1_000) / BATCHES_PER_SECOND - performance.now()));
  }
  return stub.events.get(generationId)?.length ?? 0;
};

const VIEWS = [
  { name: "conversation", search: "" },
  { name: "log", search: "?tab=log" },
];

test.for(VIEWS)(
  "with 20,000 events the $name can paint 50 frames a second while 200 a second come",
  async (view) => {
    await withStub({}, (stub) =>
      withPage({}, async (page) => {
        const { app, generation } = stub.addApp("A long run", "Long run");
        stub.emit(generation.id, ...START, ...longRun(STORED_EVENTS));
        await signIn(page, `${stub.url}/apps/${app.id}${view.search}`);
        await untilSeq(page, stub.events.get(generation.id)?.length ?? 0);
        const stop = await measureFrames(page);
        const lastSeq = await stream(stub, generation.id);
        const { painted, possible, busyShare } = await stop();
        await untilSeq(page, lastSeq);
        console.log(
          `${view.name}: ${painted.toFixed(1)} frames/s painted, ${possible.toFixed(0)} possible; ` +
            `main thread busy ${(busyShare * 100).toFixed(0)} % of the time`,
        );
        expect(possible).toBeGreaterThanOrEqual(MIN_FRAMES_PER_SECOND);
      }),
    );
  },
);

test("of thousands of rows only those near the view are drawn", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation } = stub.addApp("A long run", "Long run");
      stub.emit(generation.id, ...START, ...longRun(STORED_EVENTS));
      await signIn(page, `${stub.url}/apps/${app.id}?tab=log`);
      await untilSeq(page, stub.events.get(generation.id)?.length ?? 0);
      await page.locator("[data-log-seq]").first().waitFor();
      expect(await page.locator("[data-log-seq]").count()).toBeLessThan(150);
      expect(await page.locator("[data-seq]").count()).toBeLessThan(150);
    }),
  );
});

test("a reader who scrolled up stays there while the work goes on, and can jump back", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation } = stub.addApp("A long run", "Long run");
      stub.emit(generation.id, ...START, ...longRun(4_000));
      await signIn(page, `${stub.url}/apps/${app.id}`);
      const log = page.getByRole("log", { name: "Timeline" });
      await untilSeq(page, stub.events.get(generation.id)?.length ?? 0);
      const distance = () =>
        log.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
      await expect.poll(distance).toBeLessThan(5);
      await log.hover();
      await page.mouse.wheel(0, -2_000);
      await page.getByRole("button", { name: "Latest" }).waitFor();
      const before = await log.evaluate((element) => element.scrollTop);
      stub.emit(generation.id, ...longRun(400, 4_000));
      await untilSeq(page, stub.events.get(generation.id)?.length ?? 0);
      expect(Math.abs((await log.evaluate((element) => element.scrollTop)) - before)).toBeLessThan(5);
      await page.getByRole("button", { name: "Latest" }).click();
      await expect.poll(distance).toBeLessThan(5);
    }),
  );
});
