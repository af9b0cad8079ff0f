import { createHash, randomBytes } from "node:crypto";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { distKey } from "@leo/core/artifact.ts";
import { newId } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { z } from "zod";
import type { CreatedApp, CreatedShare } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { withBridge } from "@leo/core/preview/serving.ts";
import { putObject, withApi, type ApiOptions, type TestApi } from "../support/api.ts";
import { urlSegment } from "../support/characters.ts";
import { raw } from "../support/raw.ts";
import { completeGeneration, type Files } from "../support/version.ts";

const VIDEO = randomBytes(1_500_000);
const DIST: Files = {
  "index.html": "<!doctype html><title>Todo</title>",
  "assets/index-abc.js": "console.log(1)",
  "assets/style.css": "body{}",
  "docs/index.html": "<p>docs</p>",
  "video.mp4": VIDEO,
  "odd.unknownext": "?",
  "sp ace \u00e4.txt": "text",
};

interface Preview extends TestApi {
  id: string;
  /** The owner's link, and the token in it. */
  link: string;
  token: string;
  appId: string;
  prefix: string;
  get: (path: string, headers?: Record<string, string>, method?: string) => ReturnType<typeof raw>;
}

const COOKIE = "__Host-leo-preview";

const linkOf = async (api: TestApi, id: string, user = api.ann) => {
  const { body } = await api.call<z.infer<typeof Generation>>(user, "GET", `/api/generations/${id}`);
  const link = body.previewUrl ?? "";
  const [token = ""] = /leo_pv_[\w-]{43}/.exec(link) ?? [];
  return { link, token };
};

const withPreview = (
  run: (preview: Preview) => Promise<void>,
  options: ApiOptions = {},
  version: Pick<Parameters<typeof completeGeneration>[2], "dist" | "routes"> = {},
) =>
  withApi(async (api) => {
    const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
      prompt: "x",
    });
    const { id } = body.generation;
    const { prefix } = await completeGeneration(api, id, {
      source: { ".secret": "s" },
      dist: DIST,
      ...version,
    });
    const { link, token } = await linkOf(api, id);
    const get: Preview["get"] = (path, headers = {}, method = "GET") =>
      raw(api.url, path, {
        method,
        headers: { host: `${id}.localhost:5013`, cookie: `${COOKIE}=${token}`, ...headers },
      });
    await run({ ...api, id, appId: body.app.id, prefix, link, token, get });
  }, options);

/** What a browser gets: pages come with the bridge. */
const SERVED: Files = Object.fromEntries(
  Object.entries(DIST).map(([path, text]) => [
    path,
    path.endsWith(".html") ? withBridge(text.toString()) : text,
  ]),
);

const NAVIGATION = { "sec-fetch-mode": "navigate", accept: "text/html" };

test("a preview host serves the built files with the right types", () =>
  withPreview(async ({ get }) => {
    const cases: [path: string, type: string, file: string][] = [
      ["/", "text/html; charset=utf-8", "index.html"],
      ["/index.html", "text/html; charset=utf-8", "index.html"],
      ["/assets/index-abc.js?v=1", "text/javascript; charset=utf-8", "assets/index-abc.js"],
      ["/assets/style.css", "text/css; charset=utf-8", "assets/style.css"],
      ["/docs/", "text/html; charset=utf-8", "docs/index.html"],
      ["/video.mp4", "video/mp4", "video.mp4"],
      ["/odd.unknownext", "application/octet-stream", "odd.unknownext"],
      ["/sp%20ace%20%C3%A4.txt", "text/plain; charset=utf-8", "sp ace \u00e4.txt"],
    ];
    for (const [path, type, file] of cases) {
      const { status, headers, body } = await get(path);
      expect([path, status, headers["content-type"]]).toEqual([path, 200, type]);
      expect(body.equals(Buffer.from(SERVED[file] ?? ""))).toBe(true);
      expect(headers["content-length"]).toBe(String(body.length));
    }
  }));

test("a client-side route gets the index of an app that has such routes, a missing file does not", () =>
  withPreview(
    async ({ get }) => {
      const route = await get("/todos/7", NAVIGATION);
      expect([route.status, route.body.toString()]).toEqual([200, SERVED["index.html"]]);
      const below = await get("/todos/7/assets/index-abc.js", { accept: "*/*" });
      expect([below.status, below.body.toString()]).toEqual([200, SERVED["assets/index-abc.js"]]);
      expect((await get("/todos/", NAVIGATION)).status).toBe(200);
      const oldBrowser = await get("/todos/7", { accept: "text/html,*/*" });
      expect(oldBrowser.status).toBe(200);
      expect((await get("/about.html", NAVIGATION)).status).toBe(404);
      const others: Record<string, string>[] = [
        { accept: "*/*" },
        { "sec-fetch-mode": "cors", accept: "text/html" },
      ];
      for (const headers of others) {
        const missing = await get("/assets/gone.js", headers);
        expect([missing.status, missing.headers["content-type"]]).toEqual([404, "text/plain; charset=UTF-8"]);
      }
    },
    {},
    { routes: "client" },
  ));

test("every page has an address, folders work without their slash, and the app's 404 covers the rest", () => {
  const dist = { ...DIST, "about.html": "<p>about</p>", "404.html": "<p>lost</p>" };
  return withPreview(
    async ({ get, token }) => {
      for (const path of ["/about", "/about.html"]) {
        const about = await get(path, NAVIGATION);
        expect([about.status, about.body.toString()]).toEqual([200, withBridge("<p>about</p>")]);
      }
      const folder = await get(`/docs?leo-link=${token}&a=b`, { ...NAVIGATION, cookie: "" });
      expect([folder.status, folder.headers.location]).toEqual([307, `./docs/?leo-link=${token}&a=b`]);
      for (const path of ["/nothing", "/nothing/", "/nothing.html", "/docs/nothing"]) {
        const lost = await get(path, NAVIGATION);
        expect([lost.status, lost.body.toString()]).toEqual([404, withBridge("<p>lost</p>")]);
        expect(lost.headers["cache-control"]).toBe("no-store");
      }
      expect((await get("/nothing.png", { accept: "*/*" })).headers["content-type"]).toMatch(/^text\/plain/);
    },
    {},
    { dist },
  );
});

test("an address that an app without routes does not have is a 404, and not its start page", () =>
  withPreview(async ({ get }) => {
    for (const path of ["/nothing", "/about.html", "/todos/7"])
      expect((await get(path, NAVIGATION)).status).toBe(404);
  }));

test("path tricks never escape the version", () =>
  withPreview(async ({ get, id, prefix }) => {
    const secrets = [
      "manifest.json",
      "../manifest.json",
      "../source/.secret",
      ".secret",
      `${prefix}manifest.json`,
    ];
    const tricks = [
      ...secrets.map((path) => `/${path}`),
      ...secrets.map((path) => `/${path.replaceAll("/", "%2f").replaceAll(".", "%2e")}`),
      ...secrets.map((path) => `/${path.replaceAll("/", "\\")}`),
      ...secrets.map((path) => `/${path.replaceAll("/", "%5c")}`),
      "/..%2f..%2f..%2fetc/passwd",
      "/assets/..%2fmanifest.json",
      "/assets/%2e%2e/%2e%2e/manifest.json",
      "/%252e%252e%252fmanifest.json",
      "//manifest.json",
      "/./.././manifest.json",
      "/index.html%00",
      "/index.html%00.js",
      "/%ff",
      "/%",
      `http://${id}.localhost:5013/../manifest.json`,
      `/${"a/".repeat(400)}x`,
    ];
    for (const path of tricks) {
      const { status, body } = await get(path);
      // Node's server itself refuses a target that is no URL.
      expect([path, status]).toEqual([path, path.includes("\\") ? 400 : 404]);
      expect(body.toString()).not.toContain("sha256");
    }
  }));

test("entity tags and ranges are right", () =>
  withPreview(async ({ get }) => {
    const tag = `"${createHash("sha256").update(VIDEO).digest("hex")}"`;
    const whole = await get("/video.mp4");
    expect(whole.headers).toMatchObject({ etag: tag, "accept-ranges": "bytes" });
    for (const header of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
      const unchanged = await get("/video.mp4", { "if-none-match": header });
      expect([unchanged.status, unchanged.body.length, unchanged.headers.etag]).toEqual([304, 0, tag]);
    }
    expect((await get("/video.mp4", { "if-none-match": '"other"' })).status).toBe(200);

    const size = VIDEO.length;
    const ranges: [range: string, start: number, end: number][] = [
      ["bytes=0-0", 0, 0],
      ["bytes=100-199", 100, 199],
      ["bytes=1000000-", 1_000_000, size - 1],
      ["bytes=-500", size - 500, size - 1],
      [`bytes=${size - 1}-${size + 100}`, size - 1, size - 1],
      [`bytes=-${size + 5}`, 0, size - 1],
    ];
    for (const [range, start, end] of ranges) {
      const part = await get("/video.mp4", { range });
      expect([range, part.status]).toEqual([range, 206]);
      expect(part.headers["content-range"]).toBe(`bytes ${start}-${end}/${size}`);
      expect(part.headers["content-length"]).toBe(String(end - start + 1));
      expect(part.body.equals(VIDEO.subarray(start, end + 1))).toBe(true);
    }
    for (const range of [`bytes=${size}-`, "bytes=-0", "bytes=99999999999-"]) {
      const refused = await get("/video.mp4", { range });
      expect([range, refused.status, refused.headers["content-range"]]).toEqual([
        range,
        416,
        `bytes */${size}`,
      ]);
    }
    for (const range of ["bytes=5-1", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes=-"]) {
      const ignored = await get("/video.mp4", { range });
      expect([range, ignored.status, ignored.body.length]).toEqual([range, 200, size]);
    }
    expect((await get("/video.mp4", { range: "bytes=0-9", "if-range": tag })).status).toBe(206);
    expect((await get("/video.mp4", { range: "bytes=0-9", "if-range": '"old"' })).status).toBe(200);
  }));

test("HEAD is a GET without a body, anything else is refused", () =>
  withPreview(async ({ get }) => {
    const head = await get("/video.mp4", {}, "HEAD");
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([
      200,
      String(VIDEO.length),
      0,
    ]);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const refused = await get("/", {}, method);
      expect([method, refused.status, refused.headers.allow]).toEqual([method, 405, "GET, HEAD"]);
    }
  }));

test("a preview is sandboxed, framed by Leo only, and takes no credential but its own", () =>
  withPreview(async ({ get }) => {
    const answers = [
      await get("/"),
      await get("/gone.js"),
      await get("/", {}, "POST"),
      await get("/", { host: `${newId()}.localhost` }),
      await get("/video.mp4", { range: "bytes=0-1" }),
    ];
    for (const { headers } of answers) {
      const policy = headers["content-security-policy"];
      expect(policy).toContain("frame-ancestors http://localhost:5013");
      expect(policy).toMatch(/^sandbox allow-scripts .*allow-same-origin;/);
      expect(policy).not.toContain("allow-top-navigation");
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
      });
      for (const name of ["service-worker-allowed", "access-control-allow-origin"]) {
        expect(headers[name]).toBeUndefined();
      }
    }
    expect((await get("/assets/index-abc.js", { "service-worker": "script" })).status).toBe(404);
    const credentials = { authorization: "Bearer x" };
    const same = await get("/", credentials);
    expect(same.headers).toEqual({
      ...answers[0]?.headers,
      "x-request-id": same.headers["x-request-id"],
      date: same.headers.date,
    });
    expect((await get("/", { cookie: "session=1", ...credentials })).status).toBe(404);
  }));

test("a preview opens only with its link, which sets a cookie for that host alone", () =>
  withPreview(async ({ id, link, token, get, call, ann, bob, appId, url }) => {
    expect(link).toBe(`http://${id}.localhost:5013/?leo-link=${token}`);
    const first = await get(`/?leo-link=${token}`, { cookie: "" });
    expect([first.status, first.headers.location, first.body.length]).toEqual([302, "/", 0]);
    expect(first.headers["cache-control"]).toBe("no-store");
    expect((await get(`/docs/?a=1&leo-link=${token}&b=2`, NAVIGATION)).headers.location).toBe(
      "/docs/?a=1&b=2",
    );
    // The address that somebody made of it leads nowhere else.
    for (const path of ["//evil.example/", "/\\evil.example/", "///evil.example", "/%5cevil.example/"]) {
      const { headers } = await get(`${path}?leo-link=${token}`, NAVIGATION);
      const { origin } = new URL(headers.location ?? "/", link);
      expect([path, origin]).toEqual([path, new URL(link).origin]);
    }
    expect(first.headers["set-cookie"]).toEqual([
      `${COOKIE}=${token}; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=None; Partitioned`,
    ]);
    // Another preview of the same site may have put a cookie beside it.
    const twice = `${COOKIE}=x; a=b; ${COOKIE}=${token}`;
    expect((await get("/assets/style.css", { cookie: twice })).status).toBe(200);
    const script = await get(`/assets/style.css?leo-link=${token}`, { cookie: "" });
    expect([script.status, script.headers["set-cookie"]]).toEqual([200, undefined]);

    const { body } = await call<z.infer<typeof CreatedApp>>(bob, "POST", "/api/apps", { prompt: "x" });
    const other = { host: `${body.generation.id}.localhost:5013` };
    const refused = [
      await get("/", { cookie: "" }),
      await get("/assets/style.css", { cookie: "" }),
      await get("/", { cookie: `${COOKIE}=${token.slice(0, -1)}` }),
      await get("/", { cookie: `${COOKIE}=${token.toUpperCase()}` }),
      await get("/", { cookie: `leo-preview=${token}`, authorization: `Bearer ${ann}` }),
      await get("/", other),
      await get(`/?leo-link=${token}`, other),
    ];
    for (const { status, headers, body: page } of refused) {
      expect([status, headers["set-cookie"], headers["cache-control"]]).toEqual([404, undefined, "no-store"]);
      expect(page.toString()).toContain("This preview is private");
      expect(page.toString()).toBe(refused[0]?.body.toString());
    }

    const again = await call<{ app: { previewUrl: string } }>(ann, "GET", `/api/apps/${appId}`);
    expect(again.body.app.previewUrl).toBe(link);
    expect((await call(bob, "POST", `/api/apps/${appId}/preview-links/revoke`)).status).toBe(404);
    expect((await get("/")).status).toBe(200);
    const revoked = await call<{ previewUrl: string }>(
      ann,
      "POST",
      `/api/apps/${appId}/preview-links/revoke`,
    );
    expect(revoked.status).toBe(200);
    expect((await get("/")).status).toBe(404);
    expect((await get(`/?leo-link=${token}`, { cookie: "" })).status).toBe(404);
    const { pathname, search } = new URL(revoked.body.previewUrl);
    expect((await get(pathname + search, { cookie: "" })).status).toBe(302);
    expect((await raw(url, "/", { headers: { cookie: `${COOKIE}=${token}` } })).headers["set-cookie"]).toBe(
      undefined,
    );
  }));

test("made-up links are limited per address; links that have worked keep working", () => {
  const clock = { ms: Date.parse("2026-03-01T20:20:00Z") };
  return withPreview(
    async ({ get, token }) => {
      expect((await get("/")).status).toBe(200);
      const madeUp = () => get("/", { cookie: `${COOKIE}=leo_sh_${randomBytes(32).toString("base64url")}` });
      for (let count = 0; count < 120; count += 1) expect((await madeUp()).status).toBe(404);
      const refused = await madeUp();
      expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "1"]);
      expect(refused.body.toString()).toContain("Too many invalid links");
      for (const path of ["/", "/assets/style.css", `/?leo-link=${token}`])
        expect((await get(path)).status).toBeLessThan(400);
      // What has not even the form of a link is looked up by nobody, and counts nothing.
      expect((await get("/", { cookie: "" })).status).toBe(404);
      clock.ms += 1_000;
      expect((await madeUp()).status).toBe(404);
    },
    { now: () => new Date(clock.ms) },
  );
});

test("another origin's page gets no part of a preview, and nothing is looked up", () =>
  withPreview(async ({ get, context }) => {
    const foreign = { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
    expect((await get("/video.mp4", { ...foreign, "sec-fetch-site": "same-origin" })).status).toBe(200);
    const before = context.database.orm;
    Object.assign(context.database, { orm: undefined });
    expect((await get("/video.mp4", foreign)).status).toBe(404);
    expect((await get("/video.mp4", { origin: "http://localhost:5013" })).status).toBe(404);
    Object.assign(context.database, { orm: before });
    // Leo's page shows it in a frame.
    const framed = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "iframe",
    };
    expect((await get("/", framed)).status).toBe(200);
  }));

test("no log line contains the token of a preview link or a share link", () =>
  withPreview(async ({ id, token, get, call, ann, appId, url, logged }) => {
    await get(`/?leo-link=${token}`);
    const { body } = await call<z.infer<typeof CreatedShare>>(ann, "POST", `/api/apps/${appId}/shares`, {
      generationId: id,
    });
    await raw(url, new URL(body.url).pathname);
    expect(logged().length).toBeGreaterThan(3);
    expect(logged().join("")).not.toMatch(/leo_(?:pv|sh)_/);
  }));

test("a preview host doesn't serve the API, and Leo's host doesn't serve previews", () =>
  withPreview(async ({ get, ann, id, url }) => {
    const authorization = `Bearer ${ann}`;
    for (const path of ["/api/apps", "/api/config", "/api/openapi.json", "/health", "/metrics", "/ws/ui"]) {
      const { status, headers, body } = await get(path, { authorization });
      expect([path, status]).toEqual([path, 404]);
      expect(headers["content-type"]).not.toContain("json");
      expect(body.toString()).not.toContain("{");
    }
    for (const host of [`${id}.LOCALHOST:5013`, `${id}.localhost.`, `${id.toUpperCase()}.localhost`]) {
      expect((await get("/api/config", { host })).status).toBe(404);
      expect([host, (await get("/assets/style.css", { host })).status]).toEqual([host, 200]);
    }
    for (const path of [`/preview/${id}/assets/style.css`, "/assets/style.css"]) {
      expect((await raw(url, path)).status).toBe(404);
    }
  }));

test("unknown, unfinished and deleted versions are one readable page", () =>
  withPreview(async (preview) => {
    const { body } = await preview.call<z.infer<typeof CreatedApp>>(preview.ann, "POST", "/api/apps", {
      prompt: "x",
    });
    const hosts = [newId(), body.generation.id, "a", "a.b", "a--b", ".."];
    for (const label of hosts) {
      const { status, headers, body: page } = await preview.get("/", { host: `${label}.localhost:5013` });
      expect([label, status, headers["content-type"]]).toEqual([label, 404, "text/html; charset=UTF-8"]);
      expect(page.toString()).toContain("No preview here");
      expect(headers["cache-control"]).toBe("no-store");
    }
    expect((await preview.get("/")).status).toBe(200);
    await preview.call(preview.ann, "DELETE", `/api/apps/${preview.appId}`);
    expect((await preview.get("/")).status).toBe(404);
  }));

test("a version whose files have expired says so", () =>
  withPreview(async ({ get, s3, bucket, prefix }) => {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: distKey(prefix, "index.html") }));
    const { status, body, headers } = await get("/", NAVIGATION);
    expect(status).toBe(404);
    expect(body.toString()).toContain("This version has expired");
    expect(headers["content-length"]).toBe(String(body.length));
    expect(headers.etag).toBeUndefined();
  }));

test("no path makes the preview answer 5xx or a file that is not in it", () =>
  withPreview(async ({ get }) => {
    const piece = fc.oneof(
      fc.constantFrom(
        "/",
        "..",
        ".",
        "%2e",
        "%2F",
        "%00",
        "%",
        "\\",
        "index.html",
        "assets",
        "?",
        "#",
        ";",
        "%ff",
        "*",
      ),
      urlSegment,
    );
    const headers = fc.constantFrom<Record<string, string>>({}, NAVIGATION, { range: "bytes=0-" });
    const known = new Set(Object.values(SERVED).map((content) => Buffer.from(content).toString("base64")));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), headers, async (pieces, sent) => {
        const { status, body } = await get(`/${pieces.join("")}`, sent);
        expect(status).toBeLessThan(500);
        if (status < 300) expect(known.has(body.toString("base64"))).toBe(true);
      }),
      { numRuns: 500 },
    );
  }));

const UNDER_PATH: ApiOptions = {
  env: {
    LEO_PUBLIC_URL: "https://leo.example.com",
    LEO_PREVIEW_URL_TEMPLATE: "https://leo.example.com/preview/{generationId}/",
  },
};

test("without a preview domain, previews live under a path with an opaque origin", () =>
  withPreview(async ({ url, id, link, token, call, ann, appId }) => {
    const host = { host: "leo.example.com" };
    expect(link).toBe(`https://leo.example.com/preview/${id}/${token}/`);
    const opened = await raw(url, `/preview/${id}/${token}/`, { headers: host });
    expect([opened.status, opened.body.length]).toEqual([302, 0]);
    const folder = (opened.headers.location ?? "").replace(/\/$/, "");
    expect(folder).toMatch(new RegExp(`^/preview/${id}/leo_pp_[0-9a-z]+_own_[\\w-]{43}$`));
    const root = await raw(url, `${folder}/`, { headers: host });
    expect([root.status, root.body.toString()]).toEqual([200, SERVED["index.html"]]);
    const policy = root.headers["content-security-policy"];
    expect(policy).toMatch(/^sandbox allow-scripts /);
    expect(policy).not.toContain("allow-same-origin");
    expect(policy).toContain("frame-ancestors https://leo.example.com");
    // Module scripts of an opaque origin are fetched across origins.
    expect(root.headers["access-control-allow-origin"]).toBe("*");
    expect((await raw(url, `${folder}/assets/style.css`, { headers: host })).body.toString()).toBe("body{}");

    expect(root.headers["set-cookie"]).toBeUndefined();
    expect(root.headers["strict-transport-security"]).toBe("max-age=31536000");

    const bare = await raw(url, folder, { headers: host });
    expect([bare.status, bare.headers.location]).toEqual([308, `${folder}/`]);
    const cookie = { ...host, cookie: `${COOKIE}=${token}` };
    for (const path of ["", "/", "/assets/style.css", `/?leo-link=${token}`, "/leo_pv_x/", `/x${token}/`]) {
      const refused = await raw(url, `/preview/${id}${path}`, { headers: cookie });
      expect([path, refused.status]).toEqual([path, 404]);
      expect(refused.body.toString()).toContain("This preview is private");
    }
    const worker = await raw(url, `${folder}/assets/index-abc.js`, {
      headers: { ...host, "service-worker": "script" },
    });
    expect(worker.status).toBe(404);
    for (const path of [
      "../manifest.json",
      "%2e%2e%2fmanifest.json",
      "..%2f..%2fapi/config",
      "assets/../../manifest.json",
    ]) {
      const { body } = await raw(url, `${folder}/${path}`, { headers: host });
      expect(body.toString()).not.toContain("sha256");
      expect(body.toString()).not.toContain("supabaseUrl");
    }
    expect((await raw(url, "/preview/nonsense/", { headers: host })).status).toBe(404);
    expect((await raw(url, "/preview//", { headers: host })).status).toBe(404);
    const { body } = await call<{ app: { previewUrl: string } }>(ann, "GET", `/api/apps/${appId}`);
    expect(body.app.previewUrl).toBe(link);
  }, UNDER_PATH));

test("a pass in a path opens one version, and expires with its link or after some days", () => {
  const clock = { ms: Date.parse("2026-03-01T20:20:00Z") };
  return withPreview(
    async ({ url, id, token, call, ann, appId, context, ...api }) => {
      const status = async (path: string) =>
        (await raw(url, path, { headers: { host: "leo.example.com" } })).status;
      const passOf = async (path: string) => {
        const { headers } = await raw(url, path, { headers: { host: "leo.example.com" } });
        return headers.location?.split("/")[3] ?? "";
      };
      const shared = await call<z.infer<typeof CreatedShare>>(ann, "POST", `/api/apps/${appId}/shares`, {});
      const shareToken = shared.body.url.split("/").at(-1) ?? "";
      const more = await call<Generation>(ann, "POST", `/api/apps/${appId}/generations`, { prompt: "y" });
      await completeGeneration({ ...api, url, call, ann, context }, more.body.id, { dist: DIST });

      const [own, share] = [
        await passOf(`/preview/${id}/${token}/`),
        await passOf(`/preview/${id}/${shareToken}/`),
      ];
      expect(await status(`/preview/${more.body.id}/${shareToken}/`)).toBe(302);
      for (const pass of [own, share]) {
        expect(pass).toMatch(/^leo_pp_/);
        expect(await status(`/preview/${id}/${pass}/`)).toBe(200);
        // The link of the whole app opens the newest version too; what an app sees of it does not.
        expect(await status(`/preview/${more.body.id}/${pass}/`)).toBe(404);
        const [, , expires = "", from = "", mac = ""] = pass.split("_");
        const forged = [
          `leo_pp_zzzzzzzzz_${from}_${mac}`,
          `leo_pp_${expires}_${from === "own" ? shared.body.share.id : "own"}_${mac}`,
          `leo_pp_${expires}_${newId()}_${mac}`,
          `leo_pp_${expires}_${from}_${"A".repeat(43)}`,
        ];
        for (const path of forged)
          expect([path, await status(`/preview/${id}/${path}/`)]).toEqual([path, 404]);
      }
      await call(ann, "POST", `/api/apps/${appId}/preview-links/revoke`);
      expect(await status(`/preview/${id}/${own}/`)).toBe(404);
      expect(await status(`/preview/${id}/${share}/`)).toBe(200);
      clock.ms += 9 * 24 * 3_600_000;
      expect(await status(`/preview/${id}/${share}/`)).toBe(404);
      const again = await passOf(`/preview/${id}/${shareToken}/`);
      expect(await status(`/preview/${id}/${again}/`)).toBe(200);
      await call(ann, "DELETE", `/api/apps/${appId}/shares/${shared.body.share.id}`);
      expect(await status(`/preview/${id}/${again}/`)).toBe(404);
    },
    { ...UNDER_PATH, now: () => new Date(clock.ms) },
  );
});

test("a file whose size contradicts its manifest is served at its real size or not at all", () =>
  withPreview(async ({ get, prefix, ...api }) => {
    // What an object of another size would do on a kept connection: its rest would be read as an answer.
    const smuggled = "console.log(1)HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nowned";
    await putObject(api, distKey(prefix, "assets/index-abc.js"), smuggled);
    const script = await get("/assets/index-abc.js");
    expect(script.headers["content-length"]).toBe(String(smuggled.length));
    expect(script.body.toString()).toBe(smuggled);
    await putObject(api, distKey(prefix, "index.html"), " ".repeat(LIMITS.fileMaxBytes + 1));
    expect((await get("/", NAVIGATION)).status).toBe(500);
  }));
