import { expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { STORED_EVENTS } from "./support/frames.ts";
import { longRun } from "./support/long-run.ts";
import { signIn, untilSeq } from "./support/pages.ts";
import { START } from "./support/scenario.ts";
import { withStub } from "./support/stub.ts";

// Frames a second are measured by `npm run speed -w packages/web`, not here.

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
