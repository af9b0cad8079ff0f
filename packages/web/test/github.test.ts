import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Findings } from "@leo/core/github.ts";
import { withPage } from "./support/browser.ts";
import { signIn } from "./support/pages.ts";
import { FILES, FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

/** A version that is refused is a 409, which the browser writes to its console. */
const REFUSED = /status of 4\d\d/;
const COMMIT_URL = "https://github.example/leo-bot/leo-todo/commit/1";
const FOUND: Findings = {
  digest: "d1",
  count: 2,
  findings: [
    { path: "src/key.ts", line: 3, kind: "Anthropic key", inBundle: false },
    { path: "dist/assets/index.js", line: 1, kind: "Supabase service key", inBundle: true },
  ],
};

const withVersion = (
  run: (parts: { stub: Stub; page: Page; appId: string; id: string }) => Promise<void>,
): Promise<void> =>
  withStub({}, (stub) =>
    withPage({ allowedErrors: REFUSED }, async (page) => {
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      stub.emit(generation.id, ...START, ...WORK, ...FINISH);
      stub.versions.set(generation.id, { files: { ...FILES }, checks: [] });
      await signIn(page, `${stub.url}/apps/${app.id}?tab=versions`);
      await run({ stub, page, appId: app.id, id: generation.id });
    }),
  );

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const sent = (stub: Stub, path: string) =>
  stub.requests
    .filter((request) => request.method !== "GET" && request.path === path)
    .map(({ body }) => body);

/** The page shows it from the click on; a result may come once the server has the request. */
const isBeingPublished = async ({ stub, page, appId }: { stub: Stub; page: Page; appId: string }) => {
  await button(page, "Pushing version 1 to GitHub").waitFor();
  await expect.poll(() => stub.github.of(appId).pushes.at(-1)?.state).toBe("queued");
};

test("a version's button pushes it, waits with it, and then leads to its commit", () =>
  withVersion(async ({ stub, page, appId, id }) => {
    const github = page.getByRole("region", { name: "GitHub" });
    await github.getByText("a private repository that it creates").waitFor();
    await button(page, "Push version 1 to GitHub").click();
    await isBeingPublished({ stub, page, appId });
    expect(sent(stub, `/api/generations/${id}/push`)).toEqual([{}]);
    stub.github.end(appId, id, { state: "done", commitUrl: COMMIT_URL });
    const link = page.getByRole("link", { name: "Version 1 on GitHub" });
    await link.waitFor();
    expect(await link.getAttribute("href")).toBe(COMMIT_URL);
    await github.getByRole("link", { name: "leo-bot/leo-todo" }).waitFor();

    await github.getByRole("switch", { name: "Push every version" }).click();
    await expect.poll(() => stub.github.of(appId).automatic).toBe(true);
    await button(page, "Disconnect").click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Disconnect" }).click();
    await github.getByText("a private repository that it creates").waitFor();
  }));

test("a failure says why under its version; another's commits are built upon only on request", () =>
  withVersion(async ({ stub, page, appId, id }) => {
    await button(page, "Push version 1 to GitHub").click();
    await isBeingPublished({ stub, page, appId });
    const headSha = "a".repeat(40);
    const message = "The repository has commits that Leo did not make.";
    const failure = { code: "conflict" as const, message, detail: "The branch is at aaa.", headSha };
    stub.github.end(appId, id, { state: "failed", failure });
    await page.getByText(`Not pushed to GitHub: ${message}`).waitFor();
    await page.getByText("Details", { exact: true }).click();
    await page.getByText("The branch is at aaa.").waitFor();
    await button(page, "Push version 1 to GitHub again").waitFor();
    await button(page, "Push on top of them").click();
    await isBeingPublished({ stub, page, appId });
    expect(await page.getByText("Not pushed").count()).toBe(0);
    expect(sent(stub, `/api/generations/${id}/push`)).toEqual([{}, { onTopOf: headSha }]);
  }));

test("secrets are shown by their place and pass only when the person says so", () =>
  withVersion(async ({ stub, page, appId, id }) => {
    stub.github.found = FOUND;
    await button(page, "Push version 1 to GitHub").click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText("src/key.ts:3").waitFor();
    await dialog.getByText("Supabase service key, sent to every visitor").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(stub.github.of(appId).pushes).toEqual([]);

    stub.github.end(appId, id, {
      state: "failed",
      failure: { code: "secrets_found", message: "The files hold what looks like secrets.", secrets: FOUND },
    });
    await page.reload();
    await button(page, "See what was found").click();
    await dialog.getByRole("button", { name: "Push anyway" }).click();
    await isBeingPublished({ stub, page, appId });
    expect(sent(stub, `/api/generations/${id}/push`)).toEqual([{}, { confirm: "d1" }]);
  }));

test("the account names the GitHub user who is invited, and a wrong name is told", () =>
  withStub({}, (stub) =>
    withPage({ allowedErrors: REFUSED }, async (page) => {
      await signIn(page, `${stub.url}/account`);
      const login = page.getByRole("textbox", { name: "GitHub username" });
      await login.fill("not a name");
      await button(page, "Save").click();
      await page.getByRole("alert").getByText("This is not a GitHub username.").waitFor();
      await login.fill("ann-dev");
      await button(page, "Save").click();
      await page.getByText("ann-dev is invited to your repositories.").waitFor();
      expect(stub.github.login).toBe("ann-dev");
    }),
  ));

test("without a token on the server there is nothing about pushing", () =>
  withStub({}, (stub) =>
    withPage({}, async (page) => {
      stub.config = { ...stub.config, github: false };
      const { app, generation } = stub.addApp("A todo list", "Todo list");
      stub.emit(generation.id, ...START, ...WORK, ...FINISH);
      await signIn(page, `${stub.url}/apps/${app.id}?tab=versions`);
      await button(page, "Download version 1").waitFor();
      expect(await page.getByText(/GitHub/).count()).toBe(0);
      expect(await page.getByRole("button", { name: /^Push/ }).count()).toBe(0);
    }),
  ));
