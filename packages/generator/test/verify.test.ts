import { once } from "node:events";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { sharedBrowser } from "@leo/local/testing/chromium.ts";
import { RunBrowser } from "../src/verify/browser.ts";
import { findChromium } from "../src/verify/chromium.ts";
import { smokeTest, type SmokeResult } from "../src/verify/smoke.ts";
import { verify } from "../src/verify/verify.ts";
import { listFiles } from "../src/workspace/files.ts";
import { prepareStarter } from "../src/workspace/prepare.ts";
import { killFamily } from "../src/process/family.ts";
import type { RunPaths } from "../src/run-paths.ts";
import { until } from "./support/until.ts";
import { TEMPLATE, withRunPaths } from "./support/run-paths.ts";

const ON_A_HOST: PreviewConditions = { ownOrigin: true, secureContext: true };
/** As on AWS without a domain. */
const PLAIN_HTTP: PreviewConditions = { ownOrigin: false, secureContext: false };
/** As on AWS, with HTTPS before it and no host for each preview. */
const UNDER_A_PATH: PreviewConditions = { ownOrigin: false, secureContext: true };

const CHROMIUM = findChromium(process.env.LEO_CHROMIUM);

const NO_BROWSER = findChromium("/nowhere/chromium");

const checkIn = async (browser: RunBrowser, paths: RunPaths) => {
  const signal = new AbortController().signal;
  const { passed, checks, screenshot } = await verify({
    paths,
    templateDir: TEMPLATE,
    browser,
    preview: ON_A_HOST,
    signal,
  });
  const results = Object.fromEntries(checks.map(({ name, result }) => [name, result]));
  const output = checks.map((line) => line.output ?? "").join("\n");
  return { passed, results, output, screenshot };
};

const check = async (paths: RunPaths, chromium: string | undefined) => {
  const browser = new RunBrowser(chromium, paths);
  try {
    return await checkIn(browser, paths);
  } finally {
    await browser.close();
  }
};

const withStarter = (app: string, run: (paths: RunPaths) => Promise<void>) =>
  withRunPaths(async (paths) => {
    prepareStarter(paths, TEMPLATE);
    await writeFile(join(paths.workspace, "src/App.tsx"), app);
    await run(paths);
  });

const component = (body: string) => `export default function App() { ${body} }`;

test("a working app passes with a screenshot; a throwing one fails, after a browser restart", () =>
  withStarter(component("return <h1>Hello</h1>;"), async (paths) => {
    const browser = new RunBrowser(CHROMIUM, paths);
    const first = await browser.open();
    const works = await checkIn(browser, paths);
    expect(works.results).toEqual({
      install: "skipped",
      typecheck: "passed",
      build: "passed",
      smoke: "passed",
    });
    expect(works.passed).toBe(true);
    expect(works.screenshot?.subarray(1, 4).toString("latin1")).toBe("PNG");

    await killFamily(paths.home);
    await until(() => !(first instanceof Error) && !first.isConnected());
    const body = "throw new Error('no page'); return <p />;";
    await writeFile(join(paths.workspace, "src/App.tsx"), component(body));
    const throws = await checkIn(browser, paths);
    expect(throws.results).toMatchObject({ typecheck: "passed", build: "passed", smoke: "failed" });
    expect(throws.passed).toBe(false);
    expect(throws.output).toMatch(/Uncaught Error: no page/);
    expect(await browser.open()).not.toBe(first);
    await browser.close();
  }));

test("a page that logs an error, misses its own file or calls local services fails the smoke test", async () => {
  let reached = 0;
  const service = createServer((_request, response) => {
    reached += 1;
    response.end();
  }).listen(0, "127.0.0.1");
  await once(service, "listening");
  const { port } = service.address() as AddressInfo;
  const calls = `
    fetch("http://127.0.0.1:${port}/v1/messages", { method: "POST", mode: "no-cors" })
      .catch(() => { throw new Error("it was refused"); });`;
  const pages = [
    ["<p>Hi</p><script>console.error('out of tune')</script>", /out of tune/],
    ['<p>Hi</p><img alt="x" src="./none.png" />', /404/],
    [`<p>Hi</p><script>${calls}</script>`, /it was refused/],
    [`<p>Hi</p><script>${calls.replace("127.0.0.1", "api.localhost")}</script>`, /it was refused/],
    [`<p>Hi</p><script>${calls.replace("127.0.0.1", "leo.test")}</script>`, /it was refused/],
  ] as const;
  await withRunPaths(async (paths) => {
    const browser = await sharedBrowser();
    for (const [body, cause] of pages) {
      await writeFile(join(paths.workspace, "index.html"), `<!doctype html><div id="root">${body}</div>`);
      const { passed, output } = await smokeTest(browser, paths.workspace, { preview: ON_A_HOST });
      expect(output).toMatch(cause);
      expect(passed).toBe(false);
    }
  });
  expect(reached).toBe(0);
  service.close();
});

/** Loads a page with this script as its preview will load it. */
const smokeOf = async (script: string, preview: PreviewConditions) => {
  let result: SmokeResult | undefined;
  await withRunPaths(async (paths) => {
    const html = '<!doctype html><p>Hi</p><script type="module" crossorigin src="./assets/a.js"></script>';
    await mkdir(join(paths.workspace, "assets"));
    await writeFile(join(paths.workspace, "index.html"), html);
    await writeFile(join(paths.workspace, "assets/a.js"), script);
    result = await smokeTest(await sharedBrowser(), paths.workspace, { preview });
  });
  if (!result) throw new Error("The page was not loaded.");
  return result;
};

const EVERYWHERE = [ON_A_HOST, UNDER_A_PATH, PLAIN_HTTP];

test("an app that makes UUIDs and keeps them passes wherever its preview is", async () => {
  const script = `
    const id = crypto.randomUUID();
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) throw new Error(id);
    if (crypto.randomUUID() === id) throw new Error("twice the same");
    localStorage.setItem("id", id);
    if (localStorage.getItem("id") !== id) throw new Error("not kept");
    if (typeof navigator.clipboard.writeText !== "function") throw new Error("no clipboard");`;
  for (const preview of EVERYWHERE)
    expect(await smokeOf(script, preview)).toMatchObject({ passed: true, output: undefined });
});

test("an app that needs a secure context passes in one, and elsewhere the agent learns why it fails", async () => {
  const digest = 'await crypto.subtle.digest("SHA-256", new Uint8Array(1));';
  expect(await smokeOf(digest, ON_A_HOST)).toMatchObject({ passed: true });
  expect(await smokeOf(digest, UNDER_A_PATH)).toMatchObject({ passed: true });
  const why = [
    [digest, "crypto.subtle is missing: browsers offer it only on HTTPS and on localhost"],
    ["setTimeout(() => navigator.mediaDevices.getUserMedia({}));", "navigator.mediaDevices is missing"],
    ["setTimeout(() => navigator.storage.persist());", "navigator.storage is missing"],
    ['await caches.open("x");', "caches is missing"],
    [
      "try { navigator.wakeLock.request(); } catch (error) { console.error('no lock', error); }",
      "wakeLock is missing",
    ],
  ] as const;
  for (const [script, sentence] of why) {
    const { passed, output } = await smokeOf(script, PLAIN_HTTP);
    expect(output).toContain(sentence);
    expect(output).toContain("this page is on plain HTTP");
    expect(passed).toBe(false);
  }
});

test("an app that looks before it uses a secure context's features passes on plain HTTP", async () => {
  const script = `
    if (crypto.subtle || "subtle" in crypto || navigator.storage || navigator.share) throw new Error("there");
    try { undefined.digest(); } catch { document.body.append("without"); }`;
  expect(await smokeOf(script, PLAIN_HTTP)).toMatchObject({ passed: true });
});

test("an error about a property of another thing is not explained by plain HTTP", async () => {
  const { output } = await smokeOf("undefined.title;", PLAIN_HTTP);
  expect(output).toMatch(/reading 'title'/);
  expect(output).not.toContain("plain HTTP");
});

test("without an origin of its own an app finds no cookies and no database, as in its preview", async () => {
  const script = 'document.cookie = "a=1"; indexedDB.open("x");';
  expect(await smokeOf(script, ON_A_HOST)).toMatchObject({ passed: true });
  expect((await smokeOf(script, UNDER_A_PATH)).output).toMatch(/cookie.*sandboxed/s);
});

test("a type error and a build error are told with the tools' output, and nothing old is kept", () =>
  withStarter('import { x } from "./missing.ts"; export default () => <p>{x}</p>;', async (paths) => {
    await writeFile(join(paths.workspace, "src/index.css"), "");
    const { passed, results, output } = await check(paths, CHROMIUM);
    expect(results).toEqual({ install: "skipped", typecheck: "failed", build: "failed", smoke: "skipped" });
    expect(passed).toBe(false);
    expect(output).toMatch(/TS2307/);
    expect(output).toMatch(/missing\.ts/);
  }));

const write = (paths: RunPaths, files: Record<string, string>) =>
  Promise.all(
    Object.entries(files).map(async ([path, content]) => {
      await mkdir(dirname(join(paths.workspace, path)), { recursive: true });
      await writeFile(join(paths.workspace, path), content);
    }),
  );

const pageOf = (script: string) =>
  `<!doctype html><html lang="en"><head><title>Page</title></head><body><div id="root"></div><script type="module" src="${script}"></script></body></html>`;

test("every page is built; an error names its address, source and line; no source map is left", () =>
  withStarter(component('return <a href="./about.html">About</a>;'), async (paths) => {
    const about = [
      "const read = (items?: string[]) => {",
      "  if (items === undefined) throw new Error(`no items at ${location.pathname}`);",
      "  return items.length;",
      "};",
      'document.body.append("About us ", String(read()));',
    ];
    await write(paths, {
      "about.html": pageOf("/src/about.ts"),
      "docs/index.html": "<!doctype html><p>Docs</p>",
      "src/about.ts": about.join("\n"),
    });
    const { results, output } = await check(paths, CHROMIUM);
    expect(results).toMatchObject({ build: "passed", smoke: "failed" });
    expect(output).toContain("On /about.html: Uncaught Error: no items at /about.html");
    expect(output).toMatch(/^ +at src\/about\.ts:2:\d+$/m);
    expect(output).toMatch(/^>\s+2 \|   if \(items === undefined\) throw/m);
    const built = (await listFiles(join(paths.workspace, "dist"), true)).files.map(({ path }) => path);
    expect(built).toEqual(expect.arrayContaining(["about.html", "docs/index.html", "index.html"]));
    expect(built.filter((path) => path.endsWith(".map"))).toEqual([]);
  }));

test("the build uses only the version's files; skipped files, links and unbuilt pages are reported", () =>
  withStarter(component("return <p>{import.meta.env.VITE_GREETING.length}</p>;"), async (paths) => {
    await write(paths, { ".env": "VITE_GREETING=hello\n" });
    await symlink("App.tsx", join(paths.workspace, "src/linked.tsx"));
    const unset = await check(paths, CHROMIUM);
    expect(unset.results).toMatchObject({ build: "passed", smoke: "failed" });
    expect(unset.output).toMatch(/src\/App\.tsx:1/);
    expect(unset.output).toContain(".env (environment files may hold secrets)");
    expect(unset.output).toContain("src/linked.tsx (links are not stored)");
    const oneOnly =
      'import react from "@vitejs/plugin-react";\nexport default { base: "./", plugins: [react()] };\n';
    await write(paths, {
      "src/App.tsx": component("return <p>Hi</p>;"),
      "about.html": pageOf("/src/main.tsx"),
      "vite.config.ts": oneOnly,
    });
    const unbuilt = await check(paths, CHROMIUM);
    expect(unbuilt.results.smoke).toBe("failed");
    expect(unbuilt.output).toContain("Not in the build: about.html.");
  }));

test("where there is no browser the smoke test is skipped and says why", () =>
  withStarter(component("return <p>Hi</p>;"), async (paths) => {
    const { passed, results, output } = await check(paths, NO_BROWSER);
    expect(results.smoke).toBe("skipped");
    expect(output).toMatch(/no browser/);
    expect(passed).toBe(true);
  }));

test("checks use the packages the next run will have, whatever was added or removed by hand", () =>
  withStarter('import { gone } from "beside"; export default () => <p>{gone}</p>;', async (paths) => {
    await write(paths, {
      "node_modules/beside/package.json": '{ "name": "beside", "main": "index.js" }',
      "node_modules/beside/index.js": 'export const gone = "here";',
    });
    const added = await check(paths, NO_BROWSER);
    expect(added.results).toMatchObject({ typecheck: "failed", build: "failed" });
    expect(added.output).toContain("beside");
    await write(paths, { "src/App.tsx": component("return <p>Hi</p>;") });
    await rm(join(paths.workspace, "node_modules"), { recursive: true });
    expect((await check(paths, NO_BROWSER)).results).toMatchObject({ typecheck: "passed", build: "passed" });
  }));

test("the agent's own configuration cannot see more than a clean environment", () =>
  withStarter(component("return <p>Hi</p>;"), async (paths) => {
    process.env.LEO_TEST_SECRET = "must-not-leak";
    const config = "throw new Error(JSON.stringify(process.env));\nexport default {};\n";
    await writeFile(join(paths.workspace, "vite.config.ts"), config);
    const { results, output } = await check(paths, NO_BROWSER);
    delete process.env.LEO_TEST_SECRET;
    expect(results.build).toBe("failed");
    expect(output).toContain(paths.home);
    expect(output).not.toContain("must-not-leak");
  }));

test("a browser that does not start skips the smoke test and says why", () =>
  withStarter(component("return <p>Hi</p>;"), async (paths) => {
    const { results, output, passed } = await check(paths, "/bin/false");
    expect(results.smoke).toBe("skipped");
    expect(output).toMatch(/did not start/);
    expect(passed).toBe(true);
  }));
