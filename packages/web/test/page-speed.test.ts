import { expect, test } from "vitest";
import { setTimeout as delay } from "node:timers/promises";
import { withPage } from "./support/browser.ts";
import { signIn, timeline } from "./support/pages.ts";
import { loadHome, MAX_LAYOUT_SHIFT, observe, seen } from "./support/paints.ts";
import { FINISH, START, WORK } from "./support/scenario.ts";
import { withStub } from "./support/stub.ts";

test("the home page loads without moving what is there", async () => {
  await withStub({}, (stub) =>
    withPage({ reducedMotion: "no-preference" }, async (page) => {
      const { shift, paintMs } = await loadHome(stub, page);
      console.log(`home: largest paint after ${paintMs.toFixed(0)} ms, layout shift ${shift.toFixed(4)}`);
      expect(shift).toBeLessThan(MAX_LAYOUT_SHIFT);
    }),
  );
});

test("nothing jumps while a run streams in", async () => {
  await withStub({}, (stub) =>
    withPage({ reducedMotion: "no-preference" }, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      await signIn(page, stub.url);
      await observe(page);
      await page.goto(`${stub.url}/apps/${app.id}`);
      await timeline(page).getByText("In the queue").waitFor();
      for (const fact of [...START, ...WORK, ...FINISH.slice(0, -2)]) {
        stub.emit(generation.id, fact);
        await delay(15);
      }
      await timeline(page).getByText("Saved 14 files").waitFor();
      const { shift } = await seen(page);
      console.log(`streaming: layout shift ${shift.toFixed(4)}`);
      expect(shift).toBeLessThan(MAX_LAYOUT_SHIFT);
    }),
  );
});
