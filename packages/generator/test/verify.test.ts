import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sharedBrowser } from "@leo/local/testing/chromium.ts";
import { RunBrowser } from "../src/verify/browser.ts";
import { findChromium } from "../src/verify/chromium.ts";
import { smokeTest } from "../src/verify/smoke.ts";
import { verify } from "../src/verify/verify.ts";
import { prepareStarter } from "../src/workspace/prepare.ts";
import { killFamily } from "../src/process/family.ts";
import type { RunPaths } from "../src/workspace/paths.ts";
import { until } from "./support/until.ts";
import { TEMPLATE, withRunPaths } from "./support/run-paths.ts";

const CHROMIUM = findChromium(process.env.LEO_CHROMIUM);

const NO_BROWSER = findChromium("/nowhere/chromium");

const checkIn = async (browser: RunBrowser, paths: RunPaths) => {
  const signal = new AbortController().signal;
  const { passed, checks, screenshot } = await verify({ paths, templateDir: TEMPLATE, browser, signal });
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

test("an app that works passes, and its screenshot is kept; one that throws fails, in a browser that was killed and started again", () =>
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

test("a page that is blank, logs an error, misses a file of its own or calls the machine's services fails the smoke test", async () => {
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
    ["<div></div>", /blank/],
    ["<p>Hi</p><script>console.error('out of tune')</script>", /out of tune/],
    ['<p>Hi</p><img alt="x" src="./none.png" />', /404/],
    [`<p>Hi</p><script>${calls}</script>`, /it was refused/],
  ] as const;
  await withRunPaths(async (paths) => {
    const browser = await sharedBrowser();
    for (const [body, cause] of pages) {
      await writeFile(join(paths.workspace, "index.html"), `<!doctype html><div id="root">${body}</div>`);
      const { passed, output } = await smokeTest(browser, paths.workspace);
      expect(output).toMatch(cause);
      expect(passed).toBe(false);
    }
  });
  expect(reached).toBe(0);
  service.close();
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

test("where there is no browser the smoke test is skipped and says why", () =>
  withStarter(component("return <p>Hi</p>;"), async (paths) => {
    const { passed, results, output } = await check(paths, NO_BROWSER);
    expect(results.smoke).toBe("skipped");
    expect(output).toMatch(/no browser/);
    expect(passed).toBe(true);
  }));

test("a workspace whose tools are gone fails and does not throw", () =>
  withStarter(component("return <p>Hi</p>;"), async (paths) => {
    await rm(join(paths.workspace, "node_modules"), { recursive: true });
    const { passed, results } = await check(paths, NO_BROWSER);
    expect(results).toMatchObject({ typecheck: "failed", build: "failed" });
    expect(passed).toBe(false);
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
