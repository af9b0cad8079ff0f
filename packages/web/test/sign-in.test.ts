import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { withPage } from "./support/browser.ts";
import { composer, signIn, timeline } from "./support/pages.ts";
import { START, WORK } from "./support/scenario.ts";
import { PASSWORD } from "./support/stub-auth.ts";
import { withStub, type Stub } from "./support/stub.ts";

const storedToken = (page: Page): Promise<string | undefined> =>
  page.evaluate(
    () => (JSON.parse(localStorage.getItem("leo.session") ?? "{}") as { access_token?: string }).access_token,
  );

test("outside of local mode there is no local user, but what the project has enabled", async () => {
  await withStub({ mode: "aws", modelIsMock: false }, (stub) =>
    withPage({}, async (page) => {
      await page.goto(stub.url);
      await page.getByRole("button", { name: "Continue with GitHub" }).waitFor();
      await page.getByRole("button", { name: "Continue with Google" }).waitFor();
      expect(await page.getByRole("button", { name: "Continue with GitLab" }).count()).toBe(0);
      expect(await page.getByRole("button", { name: "Continue on this computer" }).count()).toBe(0);
    }),
  );
});

test("an account can be created with e-mail and password", async () => {
  await withStub({ mode: "aws" }, (stub) =>
    withPage({}, async (page) => {
      await page.goto(stub.url);
      await page.getByRole("button", { name: "Create an account" }).click();
      await page.getByLabel("Email").fill("new@example.com");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Create account" }).click();
      await page.getByRole("textbox", { name: "What should Leo build?" }).waitFor();
      expect(stub.requests.map(({ path }) => path)).toContain("/auth/v1/signup");
    }),
  );
});

test("a sign-in link is sent and told of", async () => {
  await withStub({ mode: "aws" }, (stub) =>
    withPage({}, async (page) => {
      await page.goto(stub.url);
      await page.getByRole("button", { name: "Email me a sign-in link" }).click();
      await page.getByLabel("Email").fill("new@example.com");
      await page.getByRole("button", { name: "Send sign-in link" }).click();
      await page.getByText("We sent a sign-in link to new@example.com.").waitFor();
      expect(stub.requests.findLast(({ path }) => path === "/auth/v1/otp")?.body).toMatchObject({
        email: "new@example.com",
      });
    }),
  );
});

test("the session outlives a reload and ends with signing out, which leaves nothing behind", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      stub.addApp("A secret app", "Secret app");
      await signIn(page, stub.url);
      await page.getByRole("link", { name: "Secret app" }).waitFor();
      await page.reload();
      await page.getByRole("link", { name: "Secret app" }).waitFor();
      await page.getByRole("button", { name: "Account" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("button", { name: "Continue on this computer" }).waitFor();
      expect(await page.getByText("Secret app").count()).toBe(0);
      expect(await page.evaluate(() => localStorage.getItem("leo.session"))).toBeNull();
      await expect
        .poll(() => stub.requests.filter(({ path }) => path === "/api/session/end"))
        .toMatchObject([{ method: "POST" }]);
    }),
  );
});

test("a page whose token runs out sends another one and stays on its socket, also when its clock is behind", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app } = stub.addApp("A todo list", "Todo list");
      let opened = 0;
      let welcomed = 0;
      page.on("websocket", (socket) => {
        opened += 1;
        socket.on("framereceived", ({ payload }) => {
          if (payload.includes('"welcome"')) welcomed += 1;
        });
      });
      await signIn(page, `${stub.url}/apps/${app.id}`);
      const first = await storedToken(page);
      await expect.poll(() => welcomed).toBe(1);
      stub.sockets.announceExpiry();
      await expect.poll(() => stub.sockets.renewals.at(-1)).toBeDefined();
      expect(stub.sockets.renewals.at(-1)).not.toBe(first);
      expect(stub.sockets.renewals.at(-1)).toBe(await storedToken(page));
      expect(opened).toBe(1);
    }),
  );
});

/** Opens a run and has the API refuse the token that the page has. @returns that token */
const openWithRevokedToken = async (stub: Stub, page: Page): Promise<string | undefined> => {
  const { app, generation } = stub.addApp("A todo list", "Todo list");
  stub.emit(generation.id, ...START, ...WORK);
  await signIn(page, `${stub.url}/apps/${app.id}`);
  await timeline(page).getByText("npm run build").waitFor();
  const token = await storedToken(page);
  stub.auth.revoke(token ?? "");
  return token;
};

const send = async (page: Page) => page.getByRole("button", { name: "Send", exact: true }).click();

/** Longer than the client goes on trying, and than it then waits before it tries anew. */
const PATIENCE_MS = 120_000;

/** Moves the page's clock on, which it has installed, until something is to be seen. */
const letTimePassUntil = async (page: Page, seen: Locator) => {
  await expect
    .poll(async () => {
      await page.clock.runFor(1_000);
      return seen.isVisible();
    })
    .toBe(true);
};

test("an unreachable auth server signs nobody out, and rejected requests can be sent again", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of (401|429)/ }, async (page) => {
      await page.clock.install();
      const old = await openWithRevokedToken(stub, page);
      stub.auth.refreshes = "failing";
      await composer(page).fill("Use blue");
      await send(page);
      await letTimePassUntil(page, page.getByText("Can't reach the server.").first());
      expect(await storedToken(page)).toBe(old);
      expect(await composer(page).inputValue()).toBe("Use blue");

      stub.auth.refreshes = "given";
      await page.clock.runFor(PATIENCE_MS);
      await send(page);
      await page.getByRole("region", { name: "Queued requests" }).getByText("Use blue").waitFor();
      expect(await storedToken(page)).not.toBe(old);
    }),
  );
});

/** The stored session as it is when its page was away for long. */
const letTokenRunOut = (page: Page) =>
  page.evaluate(() => {
    const session = JSON.parse(localStorage.getItem("leo.session") ?? "{}") as object;
    localStorage.setItem("leo.session", JSON.stringify({ ...session, expires_at: 1 }));
  });

test("a page that starts with a run-out token and no auth server keeps the session until there is one", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /429/ }, async (page) => {
      await page.clock.install();
      stub.addApp("A todo list", "Todo list");
      await signIn(page, stub.url);
      await page.getByRole("link", { name: "Todo list" }).waitFor();
      const old = await storedToken(page);
      stub.auth.refreshes = "failing";
      await letTokenRunOut(page);
      await page.reload();
      const again = page.getByRole("button", { name: "Try again" });
      await letTimePassUntil(page, again);
      expect(await storedToken(page)).toBe(old);

      stub.auth.refreshes = "given";
      await again.click();
      await page.getByRole("link", { name: "Todo list" }).waitFor();
      expect(await storedToken(page)).not.toBe(old);
    }),
  );
});

test("when the auth server refuses a new token the user is signed out", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of (400|401)/ }, async (page) => {
      await openWithRevokedToken(stub, page);
      stub.auth.refreshes = "refused";
      await composer(page).fill("Use blue");
      await send(page);
      await page.getByRole("button", { name: "Continue on this computer" }).waitFor();
      expect(await storedToken(page)).toBeUndefined();
    }),
  );
});

test("a chosen theme stays over a reload and is there before the first paint", async () => {
  await withStub({}, (stub) =>
    withPage({ colorScheme: "light" }, async (page) => {
      await signIn(page, `${stub.url}/account`);
      await page.getByRole("button", { name: "Dark", exact: true }).click();
      await page.goto(stub.url, { waitUntil: "commit" });
      await page.locator("body").waitFor({ state: "attached" });
      expect(await page.evaluate(() => document.documentElement.style.colorScheme)).toBe("dark");
    }),
  );
});

test("a server that does not answer is told, not shown as a blank page", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /./ }, async (page) => {
      await page.route("**/api/config", (route) => route.abort());
      await page.goto(stub.url);
      await page.getByRole("button", { name: "Try again" }).waitFor();
      expect(await page.title()).toBe("Can't reach Leo");
    }),
  );
});
