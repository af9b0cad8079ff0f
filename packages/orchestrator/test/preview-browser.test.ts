import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@leo/local/free-port.ts";
import { chromium, type Browser, type BrowserContext, type Frame, type Page } from "playwright-core";
import { CHROMIUM_FLAGS, chromiumPath } from "@leo/local/testing/chromium.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import type { CreatedApp } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { withApi, type TestApi } from "./support/api.ts";
import { completeGeneration } from "./support/version.ts";

let chromiumProcess: Browser;
beforeAll(async () => {
  chromiumProcess = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
});
afterAll(() => chromiumProcess.close());

/** What a hostile app would try; each attempt answers what it got. */
const ATTACKS = `
const attempt = async (run) => { try { return String(await run()); } catch (error) { return "refused: " + error.name; } };
const [leo, other] = ["leo", "other"].map((name) => new URLSearchParams(location.search).get(name));
const framed = (address) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.src = address;
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
  apiAsForm: await attempt(async () => (await fetch(leo + "/api/apps", { method: "POST", credentials: "include", mode: "no-cors", body: "{}" })).type),
  otherPreview: await attempt(async () => (await fetch(other, { credentials: "include", mode: "no-cors" })).type),
  link: new URLSearchParams(location.search).has("leo-link"),
  worker: await attempt(async () => (await navigator.serviceWorker.register("./assets/worker.js")).scope),
  wideWorker: await attempt(async () => (await navigator.serviceWorker.register("./assets/worker.js", { scope: "/" })).scope),
  navigateTop: await attempt(() => { top.location.href = "about:blank#taken"; }),
  framed: await framed(leo + "/"),
  framedPreview: await framed(other),
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
frame.src = new URLSearchParams(location.search).get("preview");
document.body.append(frame);
`;

interface Stage {
  api: TestApi;
  browser: BrowserContext;
  leo: string;
  /** The link to the preview of a completed version with these files. */
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
      async (api) => {
        const browser = await chromiumProcess.newContext();
        const publish: Stage["publish"] = async (dist) => {
          const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
            prompt: "x",
          });
          const path = `/api/generations/${body.generation.id}`;
          await completeGeneration(api, body.generation.id, { dist });
          return (await api.call<Generation>(api.ann, "GET", path)).body.previewUrl ?? "";
        };
        await run({ api, browser, leo, publish });
        await browser.close();
      },
      { env, port, parts: { webDist } },
    );
  } finally {
    await rm(webDist, { recursive: true });
  }
};

/** Opens the hostile app inside Leo's page and tells it where Leo and another preview are. */
const embed = async ({ leo }: Stage, page: Page, evil: string, other: string): Promise<Frame> => {
  const preview = new URL(evil);
  preview.searchParams.set("leo", leo);
  preview.searchParams.set("other", other);
  await page.goto(`${leo}/?preview=${encodeURIComponent(preview.href)}`);
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
      const results = await resultsOf(await embed(stage, page, evil, other));
      expect(results).toEqual({
        origin: new URL(evil).origin,
        parentDom: "refused: SecurityError",
        parentStorage: "refused: SecurityError",
        cookies: "",
        ownStorage: "null",
        api: "refused: TypeError",
        apiWithCookies: "refused: TypeError",
        apiAsForm: "refused: TypeError",
        otherPreview: "refused: TypeError",
        link: false,
        worker: "refused: TypeError",
        wideWorker: expect.stringMatching(/^refused: /),
        navigateTop: "refused: SecurityError",
        framed: "opaque",
        framedPreview: "opaque",
      });
      expect(await page.title()).toBe("Leo");
      expect(page.url()).toContain(stage.leo);
      const posts = stage.api.logged().filter((line) => line.includes('"method":"POST"'));
      // The two that published the apps; what the hostile one sent was nobody's.
      expect(posts.filter((line) => line.includes('"status":201'))).toHaveLength(2);
      await page.goto(other);
      expect(await page.title()).toBe("Other");
    },
  ),
);

test(
  "on its own host a link opens the app, which keeps its storage and its access over a reload",
  { timeout: 60_000 },
  () =>
    withStage(
      (port) => `http://{generationId}.leo.localhost:${port}`,
      async ({ browser, leo, publish }) => {
        const script = "document.title = String(localStorage.count = Number(localStorage.count ?? 0) + 1);";
        const url = await publish({
          "index.html": '<!doctype html><script type="module" crossorigin src="./assets/a.js"></script>',
          "assets/a.js": script,
        });
        const page = await browser.newPage();
        await page.goto(url);
        await page.reload();
        expect(await page.title()).toBe("2");
        expect(page.url()).toBe(`${new URL(url).origin}/`);
        await page.goto(new URL("/deep/link", url).href);
        expect(await page.title()).toBe("3");
        const cookies = await browser.cookies(new URL(url).origin);
        expect(cookies).toMatchObject([{ httpOnly: true, secure: true, sameSite: "None", path: "/" }]);
        // Leo's own address, and whoever has no link, get nothing.
        expect(await browser.cookies(leo)).toEqual([]);
        await browser.clearCookies();
        await page.reload();
        expect(await page.title()).toBe("No preview here");
      },
    ),
);

test("under a path an app runs, but without an origin of its own or Leo's", { timeout: 60_000 }, () =>
  withStage(
    (port) => `http://leo.localhost:${port}/preview/{generationId}/`,
    async (stage) => {
      const evil = await stage.publish(HOSTILE);
      const page = await stage.browser.newPage();
      const other = await stage.publish({ "index.html": "<title>Other</title>" });
      const results = await resultsOf(await embed(stage, page, evil, other));
      expect(results).toMatchObject({
        origin: "null",
        parentDom: "refused: SecurityError",
        parentStorage: "refused: SecurityError",
        cookies: "refused: SecurityError",
        // The bridge gives it one that lives in its frame only.
        ownStorage: "null",
        api: "refused: TypeError",
        apiAsForm: "refused: TypeError",
        navigateTop: "refused: SecurityError",
        framed: "opaque",
        framedPreview: "opaque",
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
