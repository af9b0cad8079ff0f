import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@leo/local/free-port.ts";
import type { BrowserContext, Frame, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { z } from "zod";
import type { CreatedApp } from "@leo/core/api.ts";
import { withApi, type TestApi } from "./support/api.ts";
import { withBrowser } from "./support/browser.ts";
import { completeGeneration } from "./support/version.ts";

/** What a hostile app would try; each attempt answers what it got. */
const ATTACKS = `
const attempt = async (run) => { try { return String(await run()); } catch (error) { return "refused: " + error.name; } };
const leo = new URLSearchParams(location.search).get("leo");
const framed = () => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.src = leo + "/";
  frame.onload = () => { try { resolve(frame.contentDocument ? "blank" : "opaque"); } catch (error) { resolve(error.name); } };
  document.body.append(frame);
});
globalThis.results = {
  origin: self.origin,
  parentDom: await attempt(() => parent.document.title),
  parentStorage: await attempt(() => parent.localStorage.getItem("session")),
  cookies: await attempt(() => document.cookie),
  ownStorage: await attempt(() => { localStorage.setItem("mine", "1"); return localStorage.getItem("session"); }),
  api: await attempt(async () => (await fetch(leo + "/api/config")).text()),
  apiWithCookies: await attempt(async () => (await fetch(leo + "/api/apps", { credentials: "include" })).text()),
  worker: await attempt(async () => (await navigator.serviceWorker.register("./assets/worker.js")).scope),
  wideWorker: await attempt(async () => (await navigator.serviceWorker.register("./assets/worker.js", { scope: "/" })).scope),
  navigateTop: await attempt(() => { top.location.href = "about:blank#taken"; }),
  framed: await framed(),
};
`;
const HOSTILE = {
  "index.html":
    '<!doctype html><title>Evil</title><body><script type="module" crossorigin src="./assets/attack.js"></script>',
  "assets/attack.js": ATTACKS,
  "assets/worker.js":
    "self.addEventListener('fetch', (event) => event.respondWith(new Response('taken over')));",
};
const LEO = '<!doctype html><title>Leo</title><body><script type="module" src="/assets/leo.js"></script>';
const LEO_SCRIPT = `
localStorage.setItem("session", "secret");
document.cookie = "leo=secret; path=/";
const frame = document.createElement("iframe");
frame.src = new URLSearchParams(location.search).get("preview") + "?leo=" + encodeURIComponent(location.origin);
document.body.append(frame);
`;

interface Stage {
  api: TestApi;
  browser: BrowserContext;
  leo: string;
  /** Preview URL of a completed version with these files. */
  publish: (dist: Record<string, string>) => Promise<string>;
}

const withStage = async (template: (port: number) => string, run: (stage: Stage) => Promise<void>) => {
  const port = await freePort();
  // As on AWS, Leo and its previews are one site: the browser itself keeps them apart the least.
  const leo = `http://leo.localhost:${port}`;
  const webDist = await mkdtemp(join(tmpdir(), "leo-dist-"));
  await mkdir(join(webDist, "assets"));
  await writeFile(join(webDist, "index.html"), LEO);
  await writeFile(join(webDist, "assets/leo.js"), LEO_SCRIPT);
  const env = { LEO_PUBLIC_URL: leo, LEO_PREVIEW_URL_TEMPLATE: template(port) };
  try {
    await withApi(
      (api) =>
        withBrowser(async (browser) => {
          const publish: Stage["publish"] = async (dist) => {
            const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
              prompt: "x",
            });
            await completeGeneration(api, body.generation.id, { dist });
            return env.LEO_PREVIEW_URL_TEMPLATE.replace("{generationId}", body.generation.id);
          };
          await run({ api, browser, leo, publish });
        }),
      { env, port, parts: { webDist } },
    );
  } finally {
    await rm(webDist, { recursive: true });
  }
};

const embed = async ({ leo }: Stage, page: Page, preview: string): Promise<Frame> => {
  await page.goto(`${leo}/?preview=${encodeURIComponent(preview)}`);
  const handle = await page.waitForSelector("iframe", { state: "attached" });
  const frame = await handle.contentFrame();
  if (!frame) throw new Error("the preview's frame did not load");
  await frame.waitForFunction("globalThis.results");
  return frame;
};

const resultsOf = (frame: Frame) => frame.evaluate<Record<string, string>>("globalThis.results");

test("a hostile app on its own host reaches neither Leo nor another preview", { timeout: 60_000 }, () =>
  withStage(
    (port) => `http://{generationId}.leo.localhost:${port}/`,
    async (stage) => {
      const evil = await stage.publish(HOSTILE);
      const other = await stage.publish({ "index.html": "<title>Other</title>" });
      const page = await stage.browser.newPage();
      const results = await resultsOf(await embed(stage, page, evil));
      expect(results).toEqual({
        origin: new URL(evil).origin,
        parentDom: "refused: SecurityError",
        parentStorage: "refused: SecurityError",
        cookies: "",
        ownStorage: "null",
        api: "refused: TypeError",
        apiWithCookies: "refused: TypeError",
        worker: "refused: TypeError",
        wideWorker: expect.stringMatching(/^refused: /),
        navigateTop: "refused: SecurityError",
        framed: "opaque",
      });
      expect(await page.title()).toBe("Leo");
      expect(page.url()).toContain(stage.leo);
      await page.goto(other);
      expect(await page.title()).toBe("Other");
    },
  ),
);

test("on its own host an app keeps its storage over a reload", { timeout: 60_000 }, () =>
  withStage(
    (port) => `http://{generationId}.leo.localhost:${port}`,
    async ({ browser, publish }) => {
      const script = "document.title = String(localStorage.count = Number(localStorage.count ?? 0) + 1);";
      const url = await publish({
        "index.html": '<!doctype html><script type="module" crossorigin src="./assets/a.js"></script>',
        "assets/a.js": script,
      });
      const page = await browser.newPage();
      await page.goto(url);
      await page.reload();
      expect(await page.title()).toBe("2");
      await page.goto(`${url}/deep/link`);
      expect(await page.title()).toBe("3");
    },
  ),
);

test("under a path an app runs, but without an origin of its own or Leo's", { timeout: 60_000 }, () =>
  withStage(
    (port) => `http://leo.localhost:${port}/preview/{generationId}/`,
    async (stage) => {
      const evil = await stage.publish(HOSTILE);
      const page = await stage.browser.newPage();
      const results = await resultsOf(await embed(stage, page, evil));
      expect(results).toMatchObject({
        origin: "null",
        parentDom: "refused: SecurityError",
        parentStorage: "refused: SecurityError",
        cookies: "refused: SecurityError",
        // The bridge gives it one that lives in its frame only.
        ownStorage: "null",
        api: "refused: TypeError",
        framed: "opaque",
      });
      expect(results["worker"]).toMatch(/^refused: /);
      expect(results["wideWorker"]).toMatch(/^refused: /);
      expect(await page.title()).toBe("Leo");
      await page.goto(await stage.publish({ "index.html": "<title>Alone</title>" }));
      expect(await page.title()).toBe("Alone");
      expect(await page.evaluate("self.origin")).toBe("null");
    },
  ),
);
