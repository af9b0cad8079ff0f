/** Text, clocks and files that are not as most are. */
import { expect, test } from "vitest";
import { isBlank } from "@leo/core/blank.ts";
import { withPage } from "./support/browser.ts";
import { composer, signIn, timeline } from "./support/pages.ts";
import { observe, seen } from "./support/paints.ts";
import { processorFactor } from "./support/processor.ts";
import { FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

const DONE = [...START, ...WORK, ...FINISH];
const ARABIC = "قائمة مهام بسيطة";

const addApp = (stub: Stub, prompt = "A todo list", name = "Todo list") => {
  const { app, generation } = stub.addApp(prompt, name);
  stub.emit(generation.id, ...DONE);
  return { app, generation, url: `${stub.url}/apps/${app.id}` };
};

test("text that leaves no mark is blank, and no other is", () => {
  for (const text of ["", " \n", "\u200B\u200C\u2060\uFEFF", "\u2800", "\u3164\uFFA0", "\u00AD\u202E"])
    expect(isBlank(text)).toBe(true);
  for (const text of ["a", "\u200Ba", "👩‍👩‍👧", "ش", ".", "─"]) expect(isBlank(text)).toBe(false);
});

test("what cannot be seen is not sent, and the page says why", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      await signIn(page, addApp(stub).url);
      await composer(page).fill("\u200B\u2060");
      await page.getByText("This text has no visible characters.").waitFor();
      expect(await page.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true);
      await composer(page).fill("x".repeat(stub.config.limits.promptMaxChars + 1));
      await page.getByText("1 character over the limit").waitFor();
    }),
  );
});

test("right-to-left text is written and shown from right to left, beside text that is not", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { url, generation } = addApp(stub, ARABIC, ARABIC);
      stub.emit(generation.id, { type: "agent_text", blockId: "t9", text: `${ARABIC}\n\nDone.`, done: true });
      await signIn(page, url);
      const direction = (text: string) =>
        timeline(page)
          .getByText(text, { exact: true })
          .last()
          .evaluate((element) => getComputedStyle(element).direction);
      await timeline(page).getByText("Done.", { exact: true }).waitFor();
      expect(await direction(ARABIC)).toBe("rtl");
      expect(await direction("Done.")).toBe("ltr");
      await composer(page).fill(ARABIC);
      expect(await composer(page).evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
    }),
  );
});

const HOURS_MS = 3 * 3_600_000;

test.for([
  { clock: "ahead", offMs: HOURS_MS },
  { clock: "behind", offMs: -HOURS_MS },
])(
  "a browser whose clock is hours $clock shows true times and asks for no token too many",
  async ({ offMs }) => {
    await withStub({}, (stub) =>
      withPage({}, async (page) => {
        await page.clock.install({ time: Date.now() + offMs });
        const { url } = addApp(stub);
        await signIn(page, stub.url);
        await page.getByRole("listitem").filter({ hasText: "Todo list" }).getByText("just now").waitFor();
        await page.goto(url);
        await timeline(page).getByText("Version 1 is ready").waitFor();
        await page.goto(`${url}?tab=versions`);
        await page.getByRole("region", { name: "Versions" }).waitFor();
        expect(stub.requests.filter(({ path }) => path === "/auth/v1/token").length).toBeLessThanOrEqual(1);
      }),
    );
  },
);

test("a file of 30,000 lines opens at once, at the line in the address, to its last line", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { url, generation } = addApp(stub);
      const long = Array.from({ length: 30_000 }, (_, index) => `export const value${index + 1} = ${index};`);
      stub.versions.set(generation.id, { files: { "src/long.ts": long.join("\n") }, checks: [] });
      await signIn(page, `${url}?tab=code`);
      await page.getByRole("treeitem", { name: /^long\.ts/ }).waitFor();
      await page.getByRole("treeitem", { name: /^long\.ts/ }).click();
      const contents = page.getByRole("region", { name: "Contents of src/long.ts" });
      await contents.getByText("export const value1 = 0;").waitFor();
      expect(await contents.locator("div > button").count()).toBeLessThan(500);
      await contents.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await contents.getByText("export const value30000 = 29999;").waitFor();
      await page.goto(`${url}?tab=code&file=src/long.ts&line=15000`);
      await contents.getByText("export const value15000 = 14999;").waitFor();
    }),
  );
});

/** The longest that opening a file may keep the page from answering, on an idle machine. */
const BLOCKING_MAX_MS = 300;

test("opening a file of 30,000 lines keeps the page from answering for at most 300 ms", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      await observe(page);
      const { url, generation } = addApp(stub);
      const long = Array.from({ length: 30_000 }, (_, index) => `export const value${index + 1} = ${index};`);
      const files = { "src/App.tsx": "export {};\n", "src/long.ts": long.join("\n") };
      stub.versions.set(generation.id, { files, checks: [] });
      await signIn(page, `${url}?tab=code`);
      await page.getByRole("region", { name: "Contents of src/App.tsx" }).waitFor();
      const before = await processorFactor(page);
      const startMs = await page.evaluate(() => performance.now());
      await page.getByRole("treeitem", { name: /^long\.ts/ }).click();
      await page.getByText("export const value1 = 0;").waitFor();
      const endMs = await page.evaluate(() => performance.now());
      const factor = Math.max(before, await processorFactor(page));
      const { longTasks } = await seen(page);
      const blocking = longTasks.filter((task) => task.startMs >= startMs && task.startMs < endMs);
      const worstMs = Math.max(0, ...blocking.map(({ durationMs }) => durationMs));
      expect(worstMs).toBeLessThanOrEqual(BLOCKING_MAX_MS * factor);
    }),
  );
});
