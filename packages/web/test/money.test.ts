/** What a run is said to cost. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { failure } from "@leo/core/failure.ts";
import { formatUsd } from "@leo/core/money.ts";
import { withPage } from "./support/browser.ts";
import { progress, signIn, timeline } from "./support/pages.ts";
import { FINISH, START, WORK } from "./support/scenario.ts";
import { withStub } from "./support/stub.ts";

test("money is rounded for people", () => {
  expect([0, 0.000_1, 0.009_9, 0.01, 0.125, 8.219384999999999, 1_234.5, 1_000_000].map(formatUsd)).toEqual([
    "$0.00",
    "< $0.01",
    "< $0.01",
    "$0.01",
    "$0.13",
    "$8.22",
    "$1,234.50",
    "$1,000,000.00",
  ]);
});

const amounts = async (page: Page, tab: string) => {
  await page.getByRole("tab", { name: tab }).click();
  return page.getByRole("region", { name: tab }).innerText();
};

test("the run, its end and its version show what the user is charged", async () => {
  await withStub({ modelIsMock: false }, (stub) =>
    withPage({}, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      stub.emit(generation.id, ...START, ...WORK);
      await signIn(page, `${stub.url}/apps/${app.id}`);
      await progress(page).getByText("$0.02").waitFor();
      stub.emit(generation.id, ...FINISH);
      await timeline(page)
        .getByText(/· \$0\.03$/)
        .waitFor();
      expect(await amounts(page, "Versions")).toMatch(/· \$0\.03\n/);

      // The model cost more than is charged, because Leo was at fault.
      const unlucky = stub.addGeneration(app.id, "Add a map");
      stub.emit(unlucky.id, ...START, ...WORK);
      unlucky.chargedUsd = 0;
      stub.emit(unlucky.id, {
        type: "state_changed",
        state: "failed",
        attempt: 1,
        failure: failure("heartbeat_lost"),
      });
      stub.sockets.appChanged(app.id);
      await page.getByRole("region", { name: "Failure" }).getByText("not charged").waitFor();
    }),
  );
});

test("a run at work never shows more than its limit", async () => {
  await withStub({ modelIsMock: false }, (stub) =>
    withPage({}, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      const tokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
      stub.emit(generation.id, ...START, { type: "usage", ...tokens, costUsd: 8.219384999999999 });
      generation.chargedUsd = stub.config.limits.generationBudgetUsd;
      await signIn(page, `${stub.url}/apps/${app.id}`);
      await progress(page).getByText(formatUsd(stub.config.limits.generationBudgetUsd)).waitFor();
      expect(await progress(page).innerText()).not.toContain("8.2");
    }),
  );
});

test("with a demo model nothing looks paid", async () => {
  await withStub({ modelIsMock: true }, (stub) =>
    withPage({}, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      stub.emit(generation.id, ...START, ...WORK);
      await signIn(page, `${stub.url}/apps/${app.id}`);
      await progress(page).waitFor();
      expect(await page.locator("main").innerText()).not.toContain("$");
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      expect(await timeline(page).innerText()).not.toContain("$");
      expect(await amounts(page, "Versions")).not.toContain("$");
      await page.goto(`${stub.url}/account`);
      await page.getByText("The demo model is free").waitFor();
    }),
  );
});
