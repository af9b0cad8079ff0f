import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { violations } from "./support/axe.ts";
import { withPage } from "./support/browser.ts";
import { unseenFocus } from "./support/focus.ts";
import { signIn, timeline } from "./support/pages.ts";
import { FINISH, START, WORK } from "./support/scenario.ts";
import { everyState, type State } from "./support/states.ts";
import { withStub } from "./support/stub.ts";
import { go, leave } from "./support/visit.ts";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
/** The only rule that asks what colours a page has. */
const COLOURS = ["color-contrast"];

/** How a download that holds secrets is asked about first. */
const REFUSED_DOWNLOAD = /status of 409/;

/** Changes what the page is shown on, and waits until it has drawn that: one animation may start another. */
const show = async (page: Page, change: () => Promise<void>) => {
  await change();
  await page.evaluate(async () => {
    const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await drawn();
    for (let left = document.getAnimations(); left.length > 0; left = document.getAnimations()) {
      await Promise.allSettled(left.map(({ finished }) => finished));
      await drawn();
    }
  });
};

/** The focus on what lies under an open menu would close it. */
const lookAtFocus = async (page: Page, { act }: State): Promise<string[]> =>
  act ? [] : (await unseenFocus(page)).map((control) => `no focus to be seen on ${control}`);

/** Looks with every rule on a light desktop and a dark phone, and at the colours of a dark desktop too. */
const look = async (page: Page, state: State): Promise<string[]> => {
  await page.setViewportSize(DESKTOP);
  await show(page, () => page.emulateMedia({ colorScheme: "light" }));
  await go(page, state);
  const light = [...(await violations(page)), ...(await lookAtFocus(page, state))];
  await show(page, () => page.emulateMedia({ colorScheme: "dark" }));
  const dark = [...(await violations(page, COLOURS)), ...(await lookAtFocus(page, state))];
  await show(page, () => page.setViewportSize(PHONE));
  if (state.act) {
    await leave(page);
    await go(page, state);
  }
  await state.ready(page);
  const phone = await violations(page);
  await leave(page);
  return Object.entries({ light, dark, phone }).flatMap(([screen, found]) =>
    found.map((line) => `${state.name}, ${screen}: ${line}`),
  );
};

test(
  "no page or state has a violation or hides the focus, on a desktop and a phone, light and dark",
  { timeout: 240_000 },
  () =>
    withStub({}, (stub) =>
      withPage({ allowedErrors: REFUSED_DOWNLOAD }, async (page) => {
        const signedOut: State = {
          name: "sign in",
          path: "/",
          ready: (at) => at.getByRole("button", { name: "Continue on this computer" }).waitFor(),
        };
        await page.goto(stub.url);
        const found = await look(page, signedOut);
        await signIn(page, stub.url);
        for (const state of everyState(stub)) found.push(...(await look(page, state)));
        expect(found).toEqual([]);
      }),
    ),
);

test("everything in the workspace can be reached and used with the keyboard alone", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      stub.emit(generation.id, ...START, ...WORK, ...FINISH);
      await signIn(page, `${stub.url}/apps/${app.id}`);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      const reached = new Set<string>();
      for (let step = 0; step < 60; step += 1) {
        await page.keyboard.press("Tab");
        const name = await page.evaluate(() => {
          const element = document.activeElement;
          return (
            element?.getAttribute("aria-label") ??
            element?.getAttribute("title") ??
            element?.textContent ??
            ""
          );
        });
        reached.add(name.trim());
      }
      for (const name of ["Leo, home", "Timeline", "What should change?", "Conversation width", "Preview"]) {
        expect([...reached]).toContain(name);
      }
      await page.getByRole("tab", { name: "Preview" }).focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Enter");
      await expect.poll(() => new URL(page.url()).searchParams.get("tab")).toBe("code");
    }),
  );
});
