/** What a page shows of changes that were not made in it. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { composer, progress, signIn, timeline } from "./support/pages.ts";
import { processorFactor } from "./support/processor.ts";
import { FINISH, START, WORK } from "./support/scenario.ts";
import { withStub } from "./support/stub.ts";

test("a page rejected because of a current run shows it with Cancel, and keeps the draft", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /409/ }, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      stub.emit(generation.id, ...START, ...WORK, ...FINISH);
      await signIn(page, `${stub.url}/apps/${app.id}`);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      // No notice comes of it.
      const other = stub.addGeneration(app.id, "Add a calendar");
      stub.emit(other.id, ...START);
      await composer(page).fill("Use blue");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await progress(page).getByRole("button", { name: "Cancel" }).waitFor();
      await timeline(page).getByText("Add a calendar").waitFor();
      expect(await composer(page).inputValue()).toBe("Use blue");
    }),
  );
});

test("a page whose line was cut reads again what changed meanwhile", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /WebSocket/ }, async (page) => {
      await signIn(page, stub.url);
      await page.getByText("1. Describe it").waitFor();
      stub.addApp("A todo list", "Todo list");
      stub.sockets.drop();
      await page.getByRole("link", { name: "Todo list" }).waitFor();
      expect(await page.getByText("1. Describe it").count()).toBe(0);
    }),
  );
});

/** From the notice on a page's socket to what it shows, on an idle machine. */
const SHOWN_WITHIN_MS = 1_000;

/** Notes when each notice that an app changed reaches the page. */
const noticesOf = (page: Page): number[] => {
  const atMs: number[] = [];
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      if (String(payload).includes('"apps_changed"')) atMs.push(performance.now());
    }),
  );
  return atMs;
};

test("a second window shows a new run, its state and its end within a second of the notice", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      stub.emit(generation.id, ...START, ...WORK, ...FINISH);
      const notices = noticesOf(page);
      await signIn(page, stub.url);
      const card = page.getByRole("listitem").filter({ hasText: "Todo list" });
      await card.getByText("Ready").waitFor();
      const showsInTime = async (state: string) => {
        const count = notices.length;
        stub.sockets.appChanged(app.id);
        await card.getByText(state).waitFor();
        const shownMs = performance.now();
        const noticedMs = notices[count] ?? Infinity;
        const factor = await processorFactor(page);
        expect([state, shownMs - noticedMs <= SHOWN_WITHIN_MS * factor]).toEqual([state, true]);
        expect(noticedMs).toBeLessThan(Infinity);
      };
      const next = stub.addGeneration(app.id, "Add a calendar");
      await showsInTime("Queued");
      stub.emit(next.id, ...START);
      await showsInTime("Building");
      stub.emit(next.id, ...WORK, ...FINISH);
      await showsInTime("Ready");
    }),
  );
});
