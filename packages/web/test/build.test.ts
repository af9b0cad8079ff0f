import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { DIST, FIRST_LOAD_MAX_BYTES, firstLoadBytes, readText } from "./support/first-load.ts";

const MIN_COMPRESSED_BYTES = 1_000;

test("the first load stays within its limit of compressed JavaScript", async () => {
  expect(await firstLoadBytes()).toBeLessThan(FIRST_LOAD_MAX_BYTES);
});

test("the page has no inline script and no inline handler", async () => {
  const html = await readText("index.html");
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
  expect(html).not.toMatch(/\son\w+=/);
});

test("every text file of the build has a brotli and a gzip form with the same content", async () => {
  const names = (await readdir(join(DIST, "assets"))).filter((name) => /\.(?:js|css)$/.test(name));
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const content = await readFile(join(DIST, "assets", name));
    if (content.length < MIN_COMPRESSED_BYTES) continue;
    const br = await readFile(join(DIST, "assets", `${name}.br`));
    const gz = await readFile(join(DIST, "assets", `${name}.gz`));
    expect(brotliDecompressSync(br).equals(content), `${name}.br`).toBe(true);
    expect(gunzipSync(gz).equals(content), `${name}.gz`).toBe(true);
  }
});

test("every asset has a hash in its name", async () => {
  const names = await readdir(join(DIST, "assets"));
  expect(names.filter((name) => !/-[\w-]{8}\.\w+(?:\.br|\.gz)?$/.test(name))).toEqual([]);
});
