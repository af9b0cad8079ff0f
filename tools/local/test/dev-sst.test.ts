/** SST's own CLI and a browser around what `sst dev` runs, in a bare clone. */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import path from "node:path";
import type { Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import { sharedBrowser } from "../src/testing/chromium.ts";
import { until } from "../src/testing/until.ts";
import { withClone } from "./dev-clone.ts";
import {
  edit,
  pressCtrlC,
  ROLE_KEY,
  said,
  STOP_MS,
  TIMEOUT_MS,
  withStage,
  type Stage,
} from "./dev-helpers.ts";
import { withSstCli, type SstCli } from "./dev-sst-cli.ts";

vi.setConfig({ testTimeout: 4 * TIMEOUT_MS });

const startedTimes = ({ output }: SstCli) => output().split("Leo is ready").length - 1;

const started = (sst: SstCli, times: number) =>
  until(`start ${times}`, () => startedTimes(sst) === times, TIMEOUT_MS);

const withPage = async (work: (page: Page) => Promise<void>) => {
  const context = await (await sharedBrowser()).newContext();
  context.setDefaultTimeout(TIMEOUT_MS);
  try {
    await work(await context.newPage());
  } finally {
    await context.close();
  }
};

const followsThePage = async (page: Page, sst: SstCli, clone: string) => {
  const form = path.join(clone, "packages/web/src/features/auth/components/password-form.tsx");
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  await button("Sign in").waitFor();
  // A page that is loaded again forgets it.
  await page.evaluate("globalThis.isSamePage = true");
  const change = async (from: string, to: string, name: string) => {
    const savedAtMs = await edit(form, from, to);
    await button(name).waitFor();
    console.log(`an edit of the UI was live after ${Math.round(performance.now() - savedAtMs)} ms`);
  };
  await change('"sign-in": "Sign in"', '"sign-in": "Let me in"', "Let me in");

  await edit(form, '"sign-in": "Let me in"', '"sign-in": = "Let me in"');
  await said(sst, /^packages\/web\/src\/features\/auth\/components\/password-form\.tsx:\d+: .*goes on\)$/m);
  expect(await button("Let me in").count()).toBe(1);
  await change('"sign-in": = "Let me in"', '"sign-in": "Come in"', "Come in");
  expect(await page.evaluate("globalThis.isSamePage")).toBe(true);
};

const signsIn = async (page: Page, { localPassword }: Stage) => {
  await page.getByLabel("Email").fill("dev@leo.local");
  await page.getByLabel("Password").fill(localPassword);
  await page.getByRole("button", { name: "Come in" }).click();
  await page.getByRole("button", { name: "Build it" }).waitFor();
};

/** What a host of previews answers on Leo's port. */
const previewPage = async ({ port }: Stage): Promise<string> => {
  const asked = request({
    port,
    host: "127.0.0.1",
    headers: { host: `0192f0c0-0000-7000-8000-000000000000.localhost:${port}` },
  });
  asked.end();
  const answer = await new Promise<Parameters<typeof text>[0]>((resolve, reject) => {
    asked.once("response", resolve).once("error", reject);
  });
  return text(answer);
};

test("SST starts it with the role's keys instead of one's own, and anew; pages follow edits, runs go on", async () => {
  await withClone((clone) =>
    withStage((leo) =>
      withSstCli(leo, clone, async (sst) => {
        await started(sst, 1);
        await withPage(async (page) => {
          await page.goto(leo.origin);
          await followsThePage(page, sst, clone);
          await signsIn(page, leo);
        });
        expect(await previewPage(leo)).not.toContain("/@vite/client");

        const id = await leo.build("Make a todo app");
        await until("the agent", async () => (await leo.stateOf(id)) === "running", TIMEOUT_MS);
        sst.deployed({ LEO_MAX_TURNS: "90" });
        await said(sst, /\[restarting\]/);
        await started(sst, 2);
        await until("the version", async () => (await leo.stateOf(id)) === "completed", TIMEOUT_MS);
        expect([...leo.aws.keys]).toEqual([ROLE_KEY]);

        expect(await pressCtrlC(sst)).toBeLessThan(STOP_MS);
      }),
    ),
  );
});
