/** A tab that is in the background while its run ends, and that comes back. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rowSeqs, signIn, timeline, untilSeq } from "./support/pages.ts";
import { FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";
import { startTabs, type Tabs } from "./support/tabs.ts";

let tabs: Tabs;
beforeAll(async () => {
  tabs = await startTabs();
});
afterAll(() => tabs.stop());

interface Noted {
  title: string;
  body: string | undefined;
  /** Told by the browser once it shows it. */
  shown: boolean;
}

/** Notes the notifications that the page makes. */
const noteNotifications = (page: Page) =>
  page.addInitScript(() => {
    const noted: Noted[] = [];
    Object.assign(window, { noted });
    window.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        const note = { title, body: options?.body, shown: false };
        noted.push(note);
        this.addEventListener("show", () => {
          note.shown = true;
        });
      }
    };
  });

const notifications = (page: Page) => page.evaluate(() => (window as unknown as { noted: Noted[] }).noted);

/** Opens an app whose agent is at work. @returns its generation's id */
const openRun = async (stub: Stub, page: Page): Promise<string> => {
  const { app, generation } = stub.addApp("A todo list", "Todo list");
  stub.emit(generation.id, ...START, ...WORK);
  await page.goto(`${stub.url}/apps/${app.id}`);
  await timeline(page).getByText("npm run build").waitFor();
  return generation.id;
};

const untilTold = async (page: Page) => {
  await expect.poll(() => page.title()).toBe("Ready: Todo list · Leo");
};

test("a notification tells of the end of a run to whoever has allowed it and looks at something else", async () => {
  await withStub({}, (stub) =>
    tabs.withTab({ mayNotify: true }, async ({ page, hide }) => {
      await noteNotifications(page);
      await signIn(page, stub.url);
      stub.emit(await openRun(stub, page), ...FINISH);
      await untilTold(page);
      expect(await notifications(page)).toEqual([]);

      const unseen = await openRun(stub, page);
      await hide();
      stub.emit(unseen, ...FINISH);
      await untilTold(page);
      await expect
        .poll(() => notifications(page))
        .toEqual([{ title: "Todo list", body: "The app is ready.", shown: true }]);
    }),
  );
});

test("without leave to notify the title alone tells of the end of a run", async () => {
  await withStub({}, (stub) =>
    tabs.withTab({ mayNotify: false }, async ({ page, hide }) => {
      await noteNotifications(page);
      await signIn(page, stub.url);
      expect(await page.evaluate(() => Notification.permission)).not.toBe("granted");
      const unseen = await openRun(stub, page);
      await hide();
      stub.emit(unseen, ...FINISH);
      await untilTold(page);
      expect(await notifications(page)).toEqual([]);
    }),
  );
});

/** A person sees no wait in it; by itself a page would ask again up to 15 s later. */
const AT_ONCE_MS = 5_000;

const expectEveryEventOnce = async (stub: Stub, page: Page, generationId: string) => {
  const count = stub.events.get(generationId)?.length ?? 0;
  await untilSeq(page, count);
  const rows = await rowSeqs(page);
  expect(new Set(rows).size).toBe(rows.length);
  await page.getByRole("tab", { name: "Log" }).click();
  await page.getByText(`${count} events`).waitFor();
};

test.for([
  { line: "kept", lose: () => {} },
  { line: "cut", lose: (stub: Stub) => stub.sockets.drop() },
])(
  "a tab that was frozen in the background has every event once as soon as it returns, its line $line",
  async ({ lose }) => {
    await withStub({}, (stub) =>
      tabs.withTab({ mayNotify: false }, async ({ page, hide, freeze, show }) => {
        await signIn(page, stub.url);
        const id = await openRun(stub, page);
        const before = Number(await timeline(page).getAttribute("data-last-seq"));
        await hide();
        await freeze();
        lose(stub);
        for (const fact of FINISH) stub.emit(id, fact);
        expect(Number(await timeline(page).getAttribute("data-last-seq"))).toBe(before);
        const startMs = performance.now();
        await show();
        await timeline(page).getByText("Version 1 is ready").waitFor();
        expect(performance.now() - startMs).toBeLessThan(AT_ONCE_MS);
        await expectEveryEventOnce(stub, page, id);
      }),
    );
  },
);
