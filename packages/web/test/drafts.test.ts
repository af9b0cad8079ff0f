/** What a person has typed and not sent. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { composer, signIn, timeline } from "./support/pages.ts";
import { FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

const newApp = (page: Page) => page.getByRole("textbox", { name: "What should Leo build?" });
const signInAgain = (page: Page) =>
  page
    .getByRole("button", { name: /^Continue/ })
    .first()
    .click();

const addApp = (stub: Stub, name: string) => {
  const { app, generation } = stub.addApp("A todo list", name);
  stub.emit(generation.id, ...START, ...WORK, ...FINISH);
  return `/apps/${app.id}`;
};

const kept = (page: Page) =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("leo.draft.")).length);

test("drafts survive a reload and navigation, per app, until they're sent", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const todo = addApp(stub, "Todo list");
      const notes = addApp(stub, "Notes");
      await signIn(page, stub.url + todo);
      await composer(page).fill("Add a calendar");
      await page.reload();
      await expect.poll(() => composer(page).inputValue()).toBe("Add a calendar");
      await page.getByRole("link", { name: "Leo, home" }).click();
      await newApp(page).fill("A recipe box");
      await page.goBack();
      await expect.poll(() => composer(page).inputValue()).toBe("Add a calendar");
      await page.goto(stub.url + notes);
      await timeline(page).waitFor();
      expect(await composer(page).inputValue()).toBe("");

      await page.goto(stub.url + todo);
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await expect.poll(() => composer(page).inputValue()).toBe("");
      await page.reload();
      await timeline(page).getByText("Add a calendar").waitFor();
      expect(await composer(page).inputValue()).toBe("");
      await page.goto(stub.url);
      await expect.poll(() => newApp(page).inputValue()).toBe("A recipe box");
      await page.getByRole("button", { name: "Build it" }).click();
      await timeline(page).waitFor();
      await expect.poll(() => kept(page)).toBe(0);
    }),
  );
});

test("when the session ends the sign-in page says so, and leads back to the same place with what was typed", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of (400|401)/ }, async (page) => {
      const path = `${addApp(stub, "Todo list")}?tab=versions`;
      await signIn(page, stub.url + path);
      await composer(page).fill("Add a calendar");
      stub.auth.refreshes = "refused";
      await page.evaluate(() => {
        const session = JSON.parse(localStorage.getItem("leo.session") ?? "{}") as object;
        localStorage.setItem("leo.session", JSON.stringify({ ...session, expires_at: 1 }));
      });
      await page.reload();
      await page
        .getByText("Your session ended. Sign in to continue; what you typed is still here.")
        .waitFor();
      stub.auth.refreshes = "given";
      await signInAgain(page);
      await expect.poll(() => composer(page).inputValue()).toBe("Add a calendar");
      expect(page.url()).toBe(stub.url + path);
    }),
  );
});

test("a session that the server ends while the page is open is told in the same way", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of (400|401)/ }, async (page) => {
      await signIn(page, stub.url + addApp(stub, "Todo list"));
      await composer(page).fill("Add a calendar");
      const token = await page.evaluate(
        () =>
          (JSON.parse(localStorage.getItem("leo.session") ?? "{}") as { access_token: string }).access_token,
      );
      stub.auth.revoke(token);
      stub.auth.refreshes = "refused";
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page
        .getByText("Your session ended. Sign in to continue; what you typed is still here.")
        .waitFor();
      stub.auth.refreshes = "given";
      await signInAgain(page);
      await expect.poll(() => composer(page).inputValue()).toBe("Add a calendar");
    }),
  );
});

test("signing out leaves nothing that was typed behind, and gives no reason", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      await signIn(page, stub.url);
      await newApp(page).fill("A secret plan");
      expect(await kept(page)).toBe(1);
      await page.getByRole("button", { name: "Account" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Say it. Leo builds it." }).waitFor();
      await expect.poll(() => kept(page)).toBe(0);
      expect(await page.getByText("Your session ended").count()).toBe(0);
    }),
  );
});

test("what is typed last is kept when a browser holds many drafts", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const path = addApp(stub, "Todo list");
      await signIn(page, stub.url);
      await page.evaluate(() => {
        const { user } = JSON.parse(localStorage.getItem("leo.session") ?? "{}") as { user: { id: string } };
        for (let index = 0; index < 50; index += 1)
          localStorage.setItem(
            `leo.draft.${user.id}.app-${index}`,
            JSON.stringify({ text: "x", atMs: index + 1 }),
          );
      });
      await page.goto(stub.url + path);
      await composer(page).fill("Add a calendar");
      await page.reload();
      await expect.poll(() => composer(page).inputValue()).toBe("Add a calendar");
      expect(await kept(page)).toBe(50);
    }),
  );
});
