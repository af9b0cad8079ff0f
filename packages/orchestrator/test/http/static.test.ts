import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { withApi, type TestApi } from "../support/api.ts";
import { raw } from "../support/raw.ts";

const SCRIPT = "console.log('leo');".repeat(100);

const withUi = async (
  run: (api: TestApi, dist: string) => Promise<void>,
  env: Record<string, string> = {},
) => {
  const dist = await mkdtemp(join(tmpdir(), "leo-dist-"));
  await mkdir(join(dist, "assets"));
  await writeFile(join(dist, "index.html"), "<!doctype html><title>Leo</title>");
  await writeFile(join(dist, "favicon.svg"), "<svg/>");
  await writeFile(join(dist, "assets/app-1.js"), SCRIPT);
  await writeFile(join(dist, "assets/app-1.js.br"), brotliCompressSync(SCRIPT));
  await writeFile(join(dist, "assets/app-1.js.gz"), gzipSync(SCRIPT));
  try {
    await withApi((api) => run(api, dist), { parts: { webDist: dist }, env });
  } finally {
    await rm(dist, { recursive: true });
  }
};

test("every page of the UI is index.html with an entity tag and without a cache", () =>
  withUi(async ({ url }) => {
    for (const path of ["/", "/apps/1", "/apps/1/versions/2?tab=files", "/sign-in", "/index.html"]) {
      const page = await raw(url, path);
      expect([path, page.status, page.body.toString()]).toEqual([
        path,
        200,
        "<!doctype html><title>Leo</title>",
      ]);
      expect(page.headers["cache-control"]).toBe("no-cache");
      const again = await raw(url, path, { headers: { "if-none-match": page.headers.etag ?? "" } });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    }
    const head = await raw(url, "/", { method: "HEAD" });
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "33", 0]);
  }));

test("assets are kept for a year and sent compressed to those who take it", () =>
  withUi(async ({ url }) => {
    const ask = (encoding: string) =>
      raw(url, "/assets/app-1.js", { headers: { "accept-encoding": encoding } });
    const brotli = await ask("gzip, deflate, br");
    expect(brotli.headers).toMatchObject({
      "content-encoding": "br",
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
    });
    expect(brotliDecompressSync(brotli.body).toString()).toBe(SCRIPT);
    expect((await ask("gzip;q=0.5")).headers["content-encoding"]).toBe("gzip");
    expect((await ask("br;q=0, gzip")).headers["content-encoding"]).toBe("gzip");
    const plain = await ask("identity");
    expect([plain.headers["content-encoding"], plain.body.toString()]).toEqual([undefined, SCRIPT]);
    expect(plain.headers.etag).not.toBe(brotli.headers.etag);
  }));

test("what is not in the build is a 404, whatever the path looks like", () =>
  withUi(async ({ url }) => {
    for (const path of [
      "/nope.js",
      "/assets/nope.js",
      "/..%2fpackage.json",
      "/%2e%2e/package.json",
      "/assets/../../package.json",
      "/.env",
    ]) {
      const { status, body } = await raw(url, path);
      expect([path, status]).toEqual([path, 404]);
      expect(body.toString()).toContain('"not_found"');
    }
    expect((await raw(url, "/apps/1", { method: "POST" })).status).toBe(404);
  }));

test("a new build is served without a restart", () =>
  withUi(async ({ url }, dist) => {
    await raw(url, "/");
    await writeFile(join(dist, "index.html"), "<title>Newer</title>");
    await utimes(join(dist, "index.html"), new Date(), new Date(Date.now() + 5_000));
    expect((await raw(url, "/")).body.toString()).toBe("<title>Newer</title>");
  }));

test("with no build there is a page that says so, and the API works", () =>
  withApi(
    async ({ url, call }) => {
      const page = await raw(url, "/apps/1");
      expect(page.status).toBe(503);
      expect(page.body.toString()).toContain("The web UI is not built");
      expect((await call(null, "GET", "/api/config")).status).toBe(200);
    },
    { parts: { webDist: join(tmpdir(), "leo-no-such-folder") } },
  ));

test("the page may run its own scripts only, talk to Leo and Supabase only, and be framed by nobody", () =>
  withUi(
    async ({ url, supabaseUrl }) => {
      const { headers } = await raw(url, "/");
      expect(String(headers["content-security-policy"]).split("; ")).toEqual([
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob: https://*.preview.leo.example.com",
        `connect-src 'self' wss://leo.example.com ${supabaseUrl}`,
        "frame-src https://*.preview.leo.example.com",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
      ]);
      expect(headers).toMatchObject({
        "strict-transport-security": "max-age=31536000",
        "cross-origin-opener-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
      });
      expect((await raw(url, "/api/config")).headers["strict-transport-security"]).toBe("max-age=31536000");
    },
    {
      LEO_PUBLIC_URL: "https://leo.example.com",
      LEO_PREVIEW_URL_TEMPLATE: "https://{generationId}.preview.leo.example.com",
    },
  ));
