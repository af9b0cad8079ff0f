/** The operator's page against the real Leo: who sees it, what it does, and that it is legible to everybody. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "./support/axe.ts";
import { withPage } from "./support/browser.ts";
import { startLeo, type Leo } from "./support/leo.ts";
import { signIn } from "./support/pages.ts";

const LONG = { timeout: 120_000 };

let leo: Leo;
beforeAll(async () => {
  leo = await startLeo();
});
afterAll(() => leo.stop());

/** The record of changes on the page, newest first. */
const actions = (page: Page) =>
  page.getByRole("region", { name: "Audit log" }).locator("summary span:first-child").allTextContents();

/** A request for a new app by a local user, through the API as a script would. */
const submitAs = async (email: string) => {
  const json = { "content-type": "application/json" };
  const post = (url: string, body: object, headers: object = {}) =>
    fetch(url, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
  const { supabaseUrl } = (await (await fetch(`${leo.url}/api/config`)).json()) as { supabaseUrl: string };
  const signedIn = await post(`${supabaseUrl}/auth/v1/token?grant_type=password`, {
    email,
    password: leo.localPassword,
  });
  const { access_token: token } = (await signedIn.json()) as { access_token: string };
  const answer = await post(
    `${leo.url}/api/apps`,
    { prompt: "A clock" },
    { authorization: `Bearer ${token}` },
  );
  return { status: answer.status, body: (await answer.json()) as unknown };
};

const scrollsSideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test("an operator closes and opens the intake, pauses launches and sees a run's story", LONG, () =>
  withPage({}, async (page) => {
    await signIn(page, leo.url);
    await page.getByRole("button", { name: "Account" }).click();
    await page.getByRole("menuitem", { name: "Operations" }).click();
    await page.getByRole("button", { name: "Pause launches" }).click();
    await page.getByRole("button", { name: "Resume launches" }).waitFor();

    await page.goto(leo.url);
    await page.getByRole("textbox", { name: "What should Leo build?" }).fill("A todo list");
    await page.getByRole("button", { name: "Build it" }).click();
    await page.getByRole("log", { name: "Timeline" }).waitFor();

    await page.goto(`${leo.url}/admin`);
    await page.getByRole("textbox", { name: "Message to users" }).fill("Back at noon.");
    await page.getByRole("button", { name: "Stop new requests" }).click();
    await page.getByText("New requests are stopped: Back at noon.").waitFor();
    await page.getByRole("button", { name: "Accept new requests" }).click();
    await page.getByRole("button", { name: "Stop new requests" }).waitFor();

    await page.getByRole("button", { name: "Queued", exact: true }).click();
    await page.getByRole("main").getByRole("link").first().click();
    await page.getByText("Not started yet").waitFor();
    await page.getByRole("button", { name: "Stop this run" }).click();
    await page.getByRole("main").getByText("generation_cancel").waitFor();
    await page.getByRole("main").getByText("Cancelled").first().waitFor();

    await page.goto(`${leo.url}/admin`);
    await page.getByRole("button", { name: "Resume launches" }).click();
    await page.getByRole("button", { name: "Pause launches" }).waitFor();
    await expect
      .poll(() => actions(page))
      .toEqual(["launches", "generation_cancel", "intake", "intake", "launches"]);
  }),
);

test("the day's budget of the platform and a user's limits are changed, held and on record", LONG, () =>
  withPage({}, async (page) => {
    await signIn(page, leo.url);
    await page.goto(`${leo.url}/admin`);
    const budget = page.getByRole("spinbutton", { name: /^Daily budget for all users/ });
    const save = page.getByRole("button", { name: "Save daily budget" });
    await page.getByText("Model cost today (limit $500.00)").waitFor();
    await budget.fill("0.5");
    await save.click();
    await page.getByText("Model cost today (limit $0.50)").waitFor();
    expect(await submitAs("other@leo.local")).toMatchObject({
      status: 429,
      body: { error: { details: { limit: "usd_per_platform_day", max: 0.5 } } },
    });
    await budget.fill("");
    await save.click();
    await page.getByText("Model cost today (limit $500.00)").waitFor();

    await page.getByRole("button", { name: "Change other@leo.local" }).click();
    await page.getByRole("spinbutton", { name: "USD per day", exact: true }).fill("0.25");
    await page.getByRole("button", { name: "Save limits" }).click();
    await expect.poll(async () => (await actions(page))[0]).toBe("user_limits");
    expect(await submitAs("other@leo.local")).toMatchObject({
      status: 429,
      body: { error: { details: { limit: "usd_per_user_day", max: 0.25 } } },
    });
    await page.getByRole("spinbutton", { name: "USD per day", exact: true }).fill("");
    await page.getByRole("button", { name: "Save limits" }).click();
    await expect
      .poll(async () => (await actions(page)).slice(0, 4))
      .toEqual(["user_limits", "user_limits", "day_budget", "day_budget"]);
  }),
);

test("non-operators find nothing at /admin; suspended users see why and reinstated ones carry on", LONG, () =>
  withPage({ allowedErrors: /403/ }, (page) =>
    withPage({}, async (operator) => {
      await page.goto(`${leo.url}/admin`);
      await page.getByLabel("Email").fill("other@leo.local");
      await page.getByLabel("Password").fill(leo.localPassword);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.getByText("Page not found").waitFor();
      await page.getByRole("button", { name: "Account" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
      expect(await page.getByRole("menuitem", { name: "Operations" }).count()).toBe(0);
      await page.keyboard.press("Escape");
      const ask = async () => {
        await page.goto(leo.url);
        await page.getByRole("textbox", { name: "What should Leo build?" }).fill("A clock");
        await page.getByRole("button", { name: "Build it" }).click();
      };

      await signIn(operator, leo.url);
      await operator.goto(`${leo.url}/admin`);
      await operator.getByRole("button", { name: "Change other@leo.local" }).click();
      const row = operator.getByRole("listitem").filter({ hasText: "other@leo.local" }).first();
      await row.getByRole("textbox", { name: "Reason shown to the user" }).fill("Too many robots.");
      await row.getByRole("button", { name: "Suspend" }).click();
      await row.getByText("Suspended: Too many robots.").waitFor();
      await ask();
      await page.getByText("Too many robots.").first().waitFor();

      await row.getByRole("button", { name: "Reinstate" }).click();
      await row.getByRole("button", { name: "Suspend" }).waitFor();
      await expect
        .poll(async () => (await actions(operator)).slice(0, 2))
        .toEqual(["user_resume", "user_suspend"]);
      await ask();
      await page.getByRole("log", { name: "Timeline" }).waitFor();
    }),
  ),
);

const SCREENS = [
  { name: "a light desktop", options: { colorScheme: "light" } },
  { name: "a dark phone", options: { colorScheme: "dark", viewport: { width: 360, height: 740 } } },
] as const;

test.for(SCREENS)("it has no violation on $name and never scrolls sideways", LONG, ({ options }) =>
  withPage({ ...options }, async (page) => {
    await signIn(page, leo.url);
    await page.goto(`${leo.url}/admin`);
    await page.getByRole("button", { name: "Change dev@leo.local" }).click();
    await page.getByRole("button", { name: "Pause launches" }).waitFor();
    await page.getByRole("button", { name: "Ended" }).click();
    const story = page.getByRole("region", { name: "Runs and tasks" }).getByRole("link").first();
    await story.waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
    await story.click();
    await page.getByRole("heading", { name: "Attempts" }).waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
  }),
);
