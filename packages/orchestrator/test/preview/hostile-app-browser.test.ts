/**
 * A generated app that means harm, in real Chromium, framed by Leo and in a tab of its own, on a host
 * of its own and under a path. Each attack tells what it got, and then its victims are looked at.
 */
import type { BrowserContext, Frame, Page } from "playwright-core";
import { until } from "@leo/local/testing/until.ts";
import { expect, test } from "vitest";
import { ON_HOSTS, UNDER_A_PATH, withStage, type Stage } from "../support/stage.ts";

/** What a hostile app would try; each attempt answers what it got. */
const ATTACKS = `
const attempt = async (run) => { try { return String(await run()); } catch (error) { return "refused: " + error.name; } };
const [leo, other] = ["leo", "other"].map((name) => new URLSearchParams(location.search).get(name));
const pause = (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs));
const frameOf = (address) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  frame.src = address;
  frame.onload = () => resolve(frame);
  document.body.append(frame);
});
const framed = async (address) => (await frameOf(address)).contentDocument ? "blank" : "opaque";
const storageOf = async (address) => (await frameOf(address)).contentWindow.localStorage.getItem("mine");
const submitTo = (target, action) => {
  const form = Object.assign(document.createElement("form"), { method: "post", enctype: "text/plain", target, action });
  form.append(Object.assign(document.createElement("input"), { name: '{"prompt":"', value: 'x"}' }));
  document.body.append(form);
  form.submit();
};
const clickOn = (link) => { document.body.append(link); link.click(); };
const socketTo = (address) => new Promise((resolve) => {
  const socket = new WebSocket(address);
  socket.onopen = () => resolve("open");
  socket.onerror = () => resolve("refused");
});
const popupTo = async (address) => {
  const popup = window.open(address);
  if (popup === null) return "none";
  // Long enough for it to be there: only then is it another's.
  for (let tries = 0; tries < 250; tries += 1) {
    if (popup.closed) return "out of reach";
    try { popup.location.href; await pause(20); } catch { return "opaque"; }
  }
  return "within reach at " + popup.location.href;
};
const results = {
  origin: self.origin,
  opener: await attempt(() => window.opener),
  parentDom: await attempt(() => parent === self ? "alone" : parent.document.title),
  topDom: await attempt(() => top === self ? "alone" : top.document.title),
  parentStorage: await attempt(() => parent === self ? "alone" : parent.localStorage.getItem("session")),
  cookies: await attempt(() => document.cookie),
  ownStorage: await attempt(() => { localStorage.setItem("mine", "1"); return localStorage.getItem("session"); }),
  tossedCookies: await attempt(() => {
    document.cookie = "leo=evil; path=/; domain=" + new URL(leo).hostname;
    document.cookie = "__Host-leo-preview=evil; path=/; secure; domain=" + new URL(leo).hostname;
    return document.cookie.includes("__Host");
  }),
  api: await attempt(async () => (await fetch(leo + "/api/config")).text()),
  apiWithCookies: await attempt(async () => (await fetch(leo + "/api/apps", { credentials: "include" })).text()),
  apiAsJson: await attempt(async () => (await fetch(leo + "/api/apps", { method: "POST", credentials: "include", headers: { "content-type": "application/json" }, body: '{"prompt":"x"}' })).text()),
  apiAsForm: await attempt(async () => (await fetch(leo + "/api/apps", { method: "POST", credentials: "include", mode: "no-cors", body: "{}" })).type),
  socket: await attempt(() => socketTo(leo.replace("http", "ws") + "/ws/ui")),
  otherPreview: await attempt(async () => (await fetch(other, { credentials: "include", mode: "no-cors" })).type),
  otherStorage: await attempt(() => storageOf(other)),
  link: new URLSearchParams(location.search).has("leo-link"),
  worker: await attempt(async () => (await navigator.serviceWorker.register("./assets/worker.js")).scope),
  wideWorker: await attempt(async () => (await navigator.serviceWorker.register("./assets/worker.js", { scope: "/" })).scope),
  framed: await framed(leo + "/"),
  framedPreview: await framed(other),
  popupToLeo: await attempt(() => popupTo(leo + "/")),
  popupToPreview: await attempt(() => popupTo(other)),
};
if (top !== self) {
  results.navigateTop = await attempt(() => { top.location.href = "about:blank#taken"; });
  await attempt(() => submitTo("_top", leo + "/api/apps"));
  await attempt(() => clickOn(Object.assign(document.createElement("a"), { href: "about:blank#taken", target: "_top" })));
}
submitTo("elsewhere", leo + "/api/apps");
await pause(200);
globalThis.results = results;
`;
const HOSTILE = {
  "index.html":
    '<!doctype html><title>Evil</title><body><iframe name="elsewhere"></iframe><script type="module" crossorigin src="./assets/attack.js"></script>',
  "assets/attack.js": ATTACKS,
  "assets/worker.js":
    "self.addEventListener('fetch', (event) => event.respondWith(new Response('taken over')));",
};
const OTHER = {
  "index.html":
    '<!doctype html><title>Other</title><script type="module" crossorigin src="./assets/a.js"></script>',
  "assets/a.js": 'localStorage.mine ??= "precious"; document.title = "Other: " + localStorage.mine;',
};

/** The hostile app's address, in which it is told where its victims are. */
const aimed = (evil: string, leo: string, other: string) => {
  const address = new URL(evil);
  address.searchParams.set("leo", leo);
  address.searchParams.set("other", other);
  return address.href;
};

const resultsOf = async (place: Frame | Page): Promise<Record<string, unknown>> => {
  await place.waitForFunction("globalThis.results");
  return place.evaluate<Record<string, unknown>>("globalThis.results");
};

const inFrame = async (page: Page, leo: string, address: string) => {
  await page.goto(`${leo}/?preview=${encodeURIComponent(address)}`);
  const handle = await page.waitForSelector("iframe", { state: "attached" });
  const frame = await handle.contentFrame();
  if (!frame) throw new Error("the preview's frame did not load");
  return resultsOf(frame);
};

/** Leo's page opens the app in a tab, and forgets to say `noopener`. */
const inTab = async (page: Page, leo: string, address: string) => {
  const { origin, pathname } = new URL(address);
  // Under a path a redirect puts a pass in the place of the link's token.
  const [start] = /^\/preview\/[^/]+\/|^\//.exec(pathname) ?? [];
  const context = page.context();
  const others = new Set(context.pages());
  await page.goto(`${leo}/?tab=${encodeURIComponent(address)}`);
  const find = () =>
    context.pages().find((each) => !others.has(each) && each.url().startsWith(`${origin}${start}`));
  const tab = await until("the tab", find, 20_000);
  return resultsOf(tab);
};

/** Popups that an attack opened on Leo: none has Leo's page with a way back to the attacker. */
const expectNoHold = async (browser: BrowserContext, leo: string) => {
  const pages = browser
    .pages()
    .filter((page) => page.url().startsWith(`${leo}/`) && !/preview\/./.test(page.url()));
  for (const page of pages)
    expect([page.url(), await page.evaluate("window.opener === null")]).toEqual([page.url(), true]);
};

const attack = async (stage: Stage, isolated: boolean) => {
  const { api, browser, leo, publish } = stage;
  const evil = await publish(HOSTILE);
  const other = await publish(OTHER);
  const victim = await browser.newPage();
  await victim.goto(other);
  await victim.waitForFunction('document.title === "Other: precious"');
  const page = await browser.newPage();
  const framed = await inFrame(page, leo, aimed(evil, leo, other));
  expect(await page.title()).toBe("Leo");
  expect(new URL(page.url()).origin).toBe(leo);
  const tab = await inTab(page, leo, aimed(evil, leo, other));
  expect(await page.title()).toBe("Leo");
  expect(await page.evaluate("localStorage.length")).toBe(1);
  await expectNoHold(browser, leo);

  // The two that published the apps; what the hostile one sent was nobody's.
  const posts = api.logged().filter((line) => line.includes('"method":"POST"'));
  expect(posts.filter((line) => line.includes('"status":201'))).toHaveLength(2);
  // No worker and no cookie stands between the other app and its reader.
  await victim.goto(other);
  await victim.waitForFunction(
    isolated ? "/^Other: precious/.test(document.title)" : 'document.title === "Other: precious"',
  );
  return { evil, framed, tab };
};

const EVERYWHERE = {
  opener: "null",
  api: "refused: TypeError",
  apiWithCookies: "refused: TypeError",
  apiAsJson: "refused: TypeError",
  apiAsForm: "refused: TypeError",
  socket: "refused",
  worker: expect.stringMatching(/^refused: /),
  wideWorker: expect.stringMatching(/^refused: /),
  otherStorage: "refused: SecurityError",
  framed: "opaque",
  framedPreview: "opaque",
  // From a frame of Leo's page a popup comes without a handle, because of Leo's opener policy.
  popupToPreview: expect.stringMatching(/^(?:none|opaque)$/),
  popupToLeo: expect.stringMatching(/^(?:none|opaque|out of reach)$/),
};
const IN_FRAME = {
  parentDom: "refused: SecurityError",
  topDom: "refused: SecurityError",
  parentStorage: "refused: SecurityError",
  navigateTop: "refused: SecurityError",
};

test("a hostile app on its own host reaches neither Leo nor another preview", { timeout: 120_000 }, () =>
  withStage(ON_HOSTS, async (stage) => {
    const { evil, framed, tab } = await attack(stage, false);
    for (const results of [framed, tab]) {
      expect(results).toMatchObject({
        ...EVERYWHERE,
        origin: new URL(evil).origin,
        cookies: expect.not.stringContaining("secret"),
        ownStorage: "null",
        tossedCookies: "false",
        otherPreview: "refused: TypeError",
        link: false,
      });
    }
    expect(framed).toMatchObject(IN_FRAME);
  }),
);

test("under a path a hostile app has no origin, neither its own nor Leo's", { timeout: 120_000 }, () =>
  withStage(UNDER_A_PATH, async (stage) => {
    const { framed, tab } = await attack(stage, true);
    for (const results of [framed, tab]) {
      expect(results).toMatchObject({
        ...EVERYWHERE,
        origin: "null",
        cookies: "refused: SecurityError",
        tossedCookies: "refused: SecurityError",
        // The bridge gives it one that lives in its frame only.
        ownStorage: "null",
      });
    }
    expect(framed).toMatchObject(IN_FRAME);
  }),
);

/** Everything that a page can send elsewhere without asking first. */
const REQUESTS = `
const [leo] = [location.hash.slice(1)];
const paths = ["/api/apps", "/api/config", "/api/openapi.json", "/s/leo_sh_x", "/s/x", "/api/nothing"];
const asked = [];
for (let n = 0; n < 10; n += 1)
  for (const path of paths) {
    asked.push(fetch(leo + path, { mode: "no-cors", credentials: "include" }));
    asked.push(fetch(leo + path, { mode: "no-cors", method: "POST", body: "x" }));
    asked.push(fetch(leo + path, { headers: { authorization: "Bearer x" } }));
    asked.push(new Promise((done) => Object.assign(new Image(), { onload: done, onerror: done, src: leo + path })));
  }
Promise.allSettled(asked).then(() => (document.title = "asked"));
`;

test.for([
  ["on hosts of their own", ON_HOSTS],
  ["under a path", UNDER_A_PATH],
] as const)(
  "with previews %s, an app that floods Leo with requests uses up nobody's allowance",
  ([, template]) =>
    withStage(
      template,
      async ({ api, browser, leo, publish }) => {
        const link = await publish({
          "index.html":
            '<!doctype html><link rel="icon" href="data:,"><script type="module" crossorigin src="./assets/a.js"></script>',
          "assets/a.js": REQUESTS,
        });
        const page = await browser.newPage();
        await page.goto(`${link}#${leo}`);
        await page.waitForFunction("document.title === 'asked'");
        // Another person, in another browser behind the same address, signed in and not.
        expect((await api.call(api.bob, "GET", "/api/usage")).status).toBe(200);
        for (const path of ["/api/config", "/api/openapi.json"])
          expect([path, (await api.call(null, "GET", path)).status]).toEqual([path, 200]);
        expect((await api.call(null, "GET", "/s/x")).status).toBe(404);
      },
      { LEO_REQUESTS_PER_MINUTE_ADDRESS: "5", LEO_REFUSED_SIGN_INS_PER_MINUTE: "5" },
    ),
);

/** More cookies for Leo's whole site than a server takes in the headers of a request. */
const FLOOD = `
for (let n = 0; n < 12; n += 1)
  document.cookie = "flood" + n + "=" + "x".repeat(3_900) + "; path=/; domain=" + location.hostname.split(".").slice(1).join(".");
document.title = "flooded";
`;

test("an app that fills Leo's site with cookies locks nobody out: the browser must clear them", () =>
  withStage(ON_HOSTS, async ({ browser, leo, publish }) => {
    const link = await publish({
      // With an icon of its own: a request for one would be the first to be refused.
      "index.html":
        '<!doctype html><link rel="icon" href="data:,"><script type="module" crossorigin src="./assets/a.js"></script>',
      "assets/a.js": FLOOD,
    });
    const page = await browser.newPage();
    await page.goto(leo);
    await page.goto(link);
    await page.waitForFunction("document.title === 'flooded'");
    const refused = await page.goto(leo);
    expect(refused?.status()).toBe(431);
    expect(await page.textContent("body")).toContain("load the page again");
    const again = await page.goto(leo);
    expect(again?.status()).toBe(200);
    await until("Leo", async () => (await page.title()) === "Leo");
    expect(await page.evaluate(() => localStorage.getItem("session"))).toBe("secret");
    expect((await browser.cookies(leo)).filter(({ name }) => name.startsWith("flood"))).toEqual([]);
  }));
