import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";

const DIST = join(import.meta.dirname, "../dist");
/** What a browser may have to load before the workspace opens. */
const FIRST_LOAD_MAX_BYTES = 250 * 1024;
const MIN_COMPRESSED_BYTES = 1_000;

const readText = (name: string) => readFile(join(DIST, name), "utf8");

/** Scripts that a chunk imports in any case, and theirs. */
const staticImports = async (name: string, seen = new Set<string>()): Promise<Set<string>> => {
  if (seen.has(name)) return seen;
  seen.add(name);
  const source = await readText(`assets/${name}`);
  const imported = [...source.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map(
    ([, file]) => file,
  );
  for (const file of imported) if (file) await staticImports(file, seen);
  return seen;
};

test("the first load stays within its limit of compressed JavaScript", async () => {
  const html = await readText("index.html");
  const entries = [...html.matchAll(/assets\/([\w.-]+\.js)"/g)].map(([, name]) => name ?? "");
  expect(entries.length).toBeGreaterThan(0);
  const names = new Set<string>();
  for (const entry of entries) for (const name of await staticImports(entry)) names.add(name);
  const sizes = await Promise.all(
    [...names].map(async (name) => {
      const compressed = await stat(join(DIST, `assets/${name}.gz`)).catch(() =>
        stat(join(DIST, `assets/${name}`)),
      );
      return compressed.size;
    }),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_LOAD_MAX_BYTES);
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
