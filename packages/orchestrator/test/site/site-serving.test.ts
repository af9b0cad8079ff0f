/** How a published site answers its visitors, whatever they ask for and whoever they say they are. */
import { createHash, randomBytes } from "node:crypto";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { withApi, type ApiOptions, type TestApi } from "../support/api.ts";
import { urlSegment } from "../support/characters.ts";
import { raw } from "../support/raw.ts";
import { change, makeApp, PAGE, publish, visit } from "../support/site.ts";
import type { Files } from "../support/version.ts";

const VIDEO = randomBytes(1_500_000);
const SCRIPT = `console.log(${JSON.stringify("x".repeat(5_000))});`;
const DIST: Files = {
  "index.html": "<!doctype html><title>Home</title>",
  "about.html": "<title>About</title>",
  "docs/index.html": "<title>Docs</title>",
  "404.html": "<title>Lost</title>",
  "assets/index-DiwrgTda.js": SCRIPT,
  "assets/style.css": "body{}",
  "assets/logo-20240101.png": "png",
  "sw.js": "self.addEventListener('fetch', () => undefined);",
  "video.mp4": VIDEO,
  "robots.txt": "User-agent: *\nAllow: /only-mine\n",
  "api/data.json": "{}",
  ".leo/x.txt": "x",
};
/** What the app itself put where a build puts hashed files. */
const SOURCE: Files = { "public/assets/logo-20240101.png": "png", ".secret": "s" };

interface Served extends TestApi {
  appId: string;
  versions: string[];
  url: string;
  server: string;
  get: (path: string, headers?: Record<string, string>, method?: string) => ReturnType<typeof raw>;
}

const withSite = (run: (site: Served) => Promise<void>, options: ApiOptions = {}, versions = [DIST]) =>
  withApi(async (api) => {
    const app = await makeApp(api, api.ann, { versions, source: SOURCE });
    const { body } = await publish(api, api.ann, app.appId, app.versions[0]);
    const get: Served["get"] = (path, headers = {}, method = "GET") =>
      raw(api.url, path, { method, headers: { host: new URL(body.url).host, ...headers } });
    await run({ ...api, ...app, server: api.url, url: body.url, get });
  }, options);

test("pages, folders, the app's own 404 page and kept paths", () =>
  withSite(async ({ get }) => {
    const cases: [path: string, status: number, text: string][] = [
      ["/", 200, "Home"],
      ["/index.html", 200, "Home"],
      ["/about", 200, "About"],
      ["/docs/", 200, "Docs"],
      ["/nowhere", 404, "Lost"],
      ["/api/data.json", 404, "Page not found"],
      ["/API/data.json", 404, "Page not found"],
      ["/api", 404, "Page not found"],
      ["/.leo/x.txt", 404, "Page not found"],
    ];
    for (const [path, status, text] of cases) {
      const answer = await get(path, PAGE);
      expect([path, answer.status, answer.body.toString()]).toEqual([
        path,
        status,
        expect.stringContaining(text),
      ]);
    }
    expect((await get("/docs", PAGE)).headers.location).toBe("./docs/");
    const script = await get("/assets/gone.js", { accept: "*/*" });
    expect([script.status, script.headers["content-type"]]).toEqual([404, "text/plain; charset=UTF-8"]);
  }));

test("an app with routes of its own gets its index for any page, and nothing else", () =>
  withSite(
    async ({ get, context, appId }) => {
      await context.database.pool.query(
        "update leo.site_versions set client_routes = true where app_id = $1",
        [appId],
      );
      const route = await get("/todos/7", PAGE);
      expect([route.status, route.body.toString()]).toEqual([200, "<p>app"]);
      expect((await get("/todos/7", { accept: "application/json" })).status).toBe(404);
      expect((await get("/api/todos", PAGE)).status).toBe(404);
    },
    {},
    [{ "index.html": "<p>app" }],
  ));

test("what has a hash in its name is kept for good, everything else is asked for again", () =>
  withSite(async ({ get }) => {
    const forGood = "public, max-age=31536000, immutable";
    const cases: [path: string, cacheControl: string][] = [
      ["/assets/index-DiwrgTda.js", forGood],
      ["/", "public, no-cache"],
      ["/assets/style.css", "public, no-cache"],
      ["/assets/logo-20240101.png", "public, no-cache"],
      ["/sw.js", "public, no-cache"],
    ];
    for (const [path, expected] of cases)
      expect([path, (await get(path)).headers["cache-control"]]).toEqual([path, expected]);
  }));

test("text is compressed as the browser takes it, each form under a tag of its own", () =>
  withSite(async ({ get }) => {
    const path = "/assets/index-DiwrgTda.js";
    const plain = await get(path);
    expect([plain.headers["content-encoding"], plain.headers.vary]).toEqual([undefined, "accept-encoding"]);
    expect(plain.body.toString()).toBe(SCRIPT);
    const tags = new Set([plain.headers.etag]);
    for (const [accepted, encoding, unpack] of [
      ["gzip, deflate, br", "br", brotliDecompressSync],
      ["gzip;q=1, br;q=0", "gzip", gunzipSync],
    ] as const) {
      const packed = await get(path, { "accept-encoding": accepted });
      expect(packed.headers["content-encoding"]).toBe(encoding);
      expect(packed.headers["content-length"]).toBe(String(packed.body.length));
      expect(packed.body.length).toBeLessThan(SCRIPT.length / 10);
      expect(unpack(packed.body).toString()).toBe(SCRIPT);
      tags.add(packed.headers.etag);
      const tag = packed.headers.etag ?? "";
      const unchanged = await get(path, { "accept-encoding": accepted, "if-none-match": tag });
      expect([unchanged.status, unchanged.body.length]).toEqual([304, 0]);
    }
    expect(tags.size).toBe(3);
    const video = await get("/video.mp4", { "accept-encoding": "br" });
    expect([video.headers["content-encoding"], video.headers.vary]).toEqual([undefined, undefined]);
  }));

test("parts of files, small and large, and their tags", () =>
  withSite(async ({ get }) => {
    for (const [path, content] of [
      ["/video.mp4", VIDEO],
      ["/assets/index-DiwrgTda.js", Buffer.from(SCRIPT)],
    ] as const) {
      const size = content.length;
      const tag = `"${createHash("sha256").update(content).digest("hex")}"`;
      const whole = await get(path);
      expect(whole.headers).toMatchObject({
        etag: tag,
        "accept-ranges": "bytes",
        "content-length": String(size),
      });
      expect(whole.body.equals(content)).toBe(true);
      expect((await get(path, { "if-none-match": tag })).status).toBe(304);
      const part = await get(path, { range: "bytes=100-199", "accept-encoding": "br" });
      expect([part.status, part.headers["content-range"]]).toEqual([206, `bytes 100-199/${size}`]);
      expect(part.body.equals(content.subarray(100, 200))).toBe(true);
      const beyond = await get(path, { range: `bytes=${size}-` });
      expect([beyond.status, beyond.headers["content-range"]]).toEqual([416, `bytes */${size}`]);
      expect((await get(path, { range: "bytes=0-9", "if-range": '"old"' })).status).toBe(200);
      const head = await get(path, {}, "HEAD");
      expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, String(size), 0]);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const refused = await get("/", {}, method);
      expect([method, refused.status, refused.headers.allow]).toEqual([method, 405, "GET, HEAD"]);
    }
  }));

test("search engines stay away until the owner lets them in", () =>
  withSite(async (site) => {
    const { get, ann, appId } = site;
    expect((await get("/robots.txt")).body.toString()).toBe("User-agent: *\nDisallow: /\n");
    for (const path of ["/", "/assets/style.css", "/nowhere"])
      expect((await get(path)).headers["x-robots-tag"]).toBe("noindex, nofollow");
    await change(site, ann, appId, { noindex: false });
    await expect.poll(async () => (await get("/")).headers["x-robots-tag"]).toBeUndefined();
    expect((await get("/robots.txt")).body.toString()).toBe(DIST["robots.txt"]);
  }));

test("a site gets none of Leo's cookies, tokens or responses, and may have a service worker", () =>
  withSite(async ({ get, ann, server, url }) => {
    const authorization = `Bearer ${ann}`;
    for (const path of [
      "/api/apps",
      "/api/config",
      "/api/openapi.json",
      "/health",
      "/metrics",
      "/ws/ui",
      "/s/x",
    ]) {
      const { status, body } = await get(path, { authorization });
      expect([path, status]).toEqual([path, 404]);
      expect(body.toString()).not.toContain('{"');
    }
    const worker = await get("/sw.js", { "service-worker": "script" });
    expect([worker.status, worker.headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
    const page = await get("/", { authorization, cookie: "a=b" });
    expect(page.headers["set-cookie"]).toBeUndefined();
    expect(page.headers).toMatchObject({
      "content-security-policy": "object-src 'none'; frame-ancestors 'self'",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "referrer-policy": "strict-origin-when-cross-origin",
    });
    expect(page.headers["access-control-allow-origin"]).toBeUndefined();
    // Nor is a site on Leo's own host.
    const { hostname } = new URL(url);
    for (const path of [`/site/${hostname.split(".")[0]}/`, "/sw.js"])
      expect((await raw(server, path)).status).toBe(404);
  }));

test("a host belongs to one site or to none", () =>
  withSite(async ({ get, url }) => {
    const { host } = new URL(url);
    for (const name of [host.toUpperCase(), host.replace(":5013", ""), host.replace(":5013", ".")])
      expect([name, (await get("/", { host: name })).body.toString()]).toEqual([name, DIST["index.html"]]);
    for (const name of [
      `a.${host}`,
      `x${host}`,
      `-${host}`,
      `${newId()}.localhost`,
      ".localhost",
      "a..localhost",
    ]) {
      const { status, body } = await get("/", { host: name });
      expect([name, status < 500, body.toString().includes("Home")]).toEqual([name, true, false]);
    }
    for (const name of ["todo-list.evil.example", "todo-list.localhost.evil.example", "todo-list"])
      expect([name, (await get("/", { host: name })).status]).toEqual([name, 421]);
  }));

test("no path makes a site answer 5xx or serve a file that isn't its own", () =>
  withSite(async ({ get }) => {
    const piece = fc.oneof(
      fc.constantFrom(
        "/",
        "..",
        ".",
        "%2e",
        "%2F",
        "%00",
        "%",
        "index.html",
        "assets",
        "?",
        ";",
        "%ff",
        "docs",
      ),
      urlSegment,
    );
    const headers = fc.constantFrom<Record<string, string>>({}, PAGE, { range: "bytes=0-" });
    const known = new Set(Object.values(DIST).map((content) => Buffer.from(content).toString("base64")));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), headers, async (pieces, sent) => {
        const { status, body } = await get(`/${pieces.join("")}`, sent);
        expect(status).toBeLessThan(500);
        if (status === 200) expect(known.has(body.toString("base64"))).toBe(true);
      }),
      { numRuns: 300 },
    );
    for (const path of ["/../source/.secret", "/%2e%2e/source/.secret", "/.secret", "/..%2fsource%2f.secret"])
      expect([path, (await get(path)).status]).toEqual([path, 404]);
  }));

const COOKIE = "__Host-leo-site";

test("a site shared by link is invisible to others, and the link disappears from the address", () =>
  withSite(async (site) => {
    const { get, ann, appId, url } = site;
    const { body } = await change(site, ann, appId, { visibility: "link" });
    const link = new URL(body.link ?? "");
    expect(link.href).toMatch(new RegExp(`^${url}\\?leo-link=leo_st_[\\w-]{43}$`));
    const token = link.searchParams.get("leo-link") ?? "";
    await expect.poll(async () => (await get("/", PAGE)).status).toBe(404);
    const nobody = await visit({ url: site.server }, "http://no-such-site.localhost:5013/", {
      headers: PAGE,
    });
    for (const headers of [
      { cookie: "" },
      { cookie: `${COOKIE}=x` },
      { cookie: `${COOKIE}=${token.slice(0, -1)}` },
    ])
      expect((await get("/", { ...PAGE, ...headers })).body.equals(nobody.body)).toBe(true);
    expect((await get(`/?leo-link=${token.slice(0, -1)}x`)).status).toBe(404);

    const opened = await get(`/about?q=1&leo-link=${token}`, PAGE);
    expect([opened.status, opened.headers.location]).toEqual([302, "/about?q=1"]);
    expect(opened.headers["set-cookie"]).toEqual([
      `${COOKIE}=${token}; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax`,
    ]);
    expect((await get(`//evil.example/?leo-link=${token}`)).headers.location).toBe("/evil.example/");
    const cookie = `a=b; ${COOKIE}=${token}`;
    const page = await get("/about", { ...PAGE, cookie });
    expect([page.status, page.headers["cache-control"], page.headers["x-robots-tag"]]).toEqual([
      200,
      "private, no-cache",
      "noindex, nofollow",
    ]);
    const renewed = await change(site, ann, appId, { renewLink: true });
    expect(renewed.body.link).not.toBe(body.link);
    await expect.poll(async () => (await get("/about", { ...PAGE, cookie })).status).toBe(404);
    expect(site.logged().join("")).not.toContain("leo_st_");
  }));

const UNDER_PATH: ApiOptions = {
  env: {
    LEO_PUBLIC_URL: "http://leo.example.com",
    LEO_PREVIEW_URL_TEMPLATE: "http://leo.example.com/preview/{generationId}/",
  },
};

test("without a preview domain a site is below a path of Leo's, with an opaque origin", () =>
  withSite(async (site) => {
    const { get, ann, appId, url } = site;
    expect(url).toBe("http://leo.example.com/site/todo-list/");
    const page = await get("/site/todo-list/", PAGE);
    expect([page.status, page.body.toString()]).toEqual([200, expect.stringContaining("<script>")]);
    const policy = page.headers["content-security-policy"];
    expect(policy).toMatch(/^sandbox allow-scripts /);
    expect(policy).not.toContain("allow-same-origin");
    expect((await get("/site/todo-list/assets/index-DiwrgTda.js")).body.toString()).toBe(SCRIPT);
    expect((await get("/site/todo-list?q=1")).headers.location).toBe("/site/todo-list/?q=1");
    expect((await get("/site/todo-list/sw.js", { "service-worker": "script" })).status).toBe(404);
    for (const path of ["/site/", "/site/no-such-site/", "/site/www/", "/site/todo-list/../../api/config"]) {
      const { status, body } = await get(path, PAGE);
      expect([path, body.toString()]).toEqual([path, expect.not.stringContaining("Home")]);
      expect(status === 404 || path.endsWith("config")).toBe(true);
    }
    const { body } = await change(site, ann, appId, { visibility: "link" });
    expect(body.link).toMatch(/^http:\/\/leo\.example\.com\/site\/todo-list\/leo_st_[\w-]{43}\/$/);
    await expect.poll(async () => (await get("/site/todo-list/", PAGE)).status).toBe(404);
    const { pathname } = new URL(body.link ?? "");
    expect((await get(pathname, PAGE)).status).toBe(200);
    expect((await get(`${pathname}about`, PAGE)).body.toString()).toContain("About");
  }, UNDER_PATH));
