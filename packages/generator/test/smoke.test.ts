/** Pages as an agent may write them, shown as their preview will be: none but a page that shows nothing is blank. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { sharedBrowser } from "@leo/local/testing/chromium.ts";
import { serveFiles } from "../src/verify/serve-files.ts";
import { smokeTest, type SmokeResult } from "../src/verify/smoke.ts";
import { withRunPaths } from "./support/run-paths.ts";

const ON_A_HOST: PreviewConditions = { ownOrigin: true, secureContext: true };
const UNDER_A_PATH: PreviewConditions = { ownOrigin: false, secureContext: true };

type Files = Record<string, string>;

const withFiles = (files: Files, run: (directory: string) => Promise<void>) =>
  withRunPaths(async ({ workspace }) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), content);
    }
    await run(workspace);
  });

const smokeOf = async (files: Files, preview = ON_A_HOST): Promise<SmokeResult> => {
  let result: SmokeResult | undefined;
  await withFiles(files, async (directory) => {
    result = await smokeTest(await sharedBrowser(), directory, { preview });
  });
  if (!result) throw new Error("nothing was shown");
  return result;
};

const page = (body: string, style = "") =>
  `<!doctype html><html lang="en"><head><title>App</title><style>${style}</style></head><body>${body}</body></html>`;

const CANVAS = `<script>
  const canvas = document.createElement("canvas");
  document.body.append(canvas);
  const context = canvas.getContext("2d");
  context.fillRect(10, 10, 40, 40);
</script>`;
const FIELD = "* { margin: 0 } textarea { border: 0; outline: 0; resize: none; width: 100vw; height: 100vh }";
const NIGHT =
  "body { background: #05060a } i { position: fixed; inset: 50%; width: 3px; height: 3px; background: #333a55 }";

test.concurrent.for([
  ["an editor that is one text field without a border", page("<textarea></textarea>", FIELD)],
  ["a game whose canvas is appended to the body", page(`<div id="root"></div>${CANVAS}`)],
  ["a page that is one drawing", page('<svg viewBox="0 0 9 9"><circle cx="4" cy="4" r="3" /></svg>')],
  ["a dark page with one glowing dot", page("<i></i>", NIGHT)],
  ["text in the body itself", page("Hello")],
  [
    "a custom element with a shadow tree",
    page(
      '<x-app></x-app><script>customElements.define("x-app", class extends HTMLElement { connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = "<b>Hi</b>"; } });</script>',
    ),
  ],
  [
    "a page that paints after three seconds",
    page('<script>setTimeout(() => document.body.append("late"), 3000)</script>'),
  ],
] as const)("%s is painted", async ([, html]) => {
  expect(await smokeOf({ "index.html": html })).toMatchObject({ passed: true, output: undefined });
});

test("a page that goes on to another one, a link within a drawing and a game in WebGL pass", async () => {
  const drawing = page(
    '<svg viewBox="0 0 9 9"><a href="./game.html"><circle cx="4" cy="4" r="3" /></a></svg>',
  );
  const game = page(`<script>
    const canvas = document.createElement("canvas");
    document.body.append(canvas);
    const gl = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
    if (!gl) throw new Error("no WebGL");
    gl.clearColor(1, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  </script>`);
  const result = await smokeOf({
    "index.html": page('<script>location.replace("./drawing.html")</script>'),
    "drawing.html": drawing,
    "game.html": game,
  });
  expect(result).toMatchObject({ passed: true, output: undefined });
});

test("a module that is not there is told by its path", async () => {
  const html = page('<p>Hi</p><script type="module">await import("./parts/none.js")</script>');
  const { output } = await smokeOf({ "index.html": html });
  expect(output).toContain("404 for /parts/none.js, requested by /");
  expect(output).toContain("Failed to fetch dynamically imported module: /parts/none.js");
});

test("a page that shows nothing fails with its colour and its markup, although it holds elements", async () => {
  const html = page(
    '<div id="root"><p hidden>Hi</p><canvas></canvas><svg></svg></div>',
    "body { background: #102030 }",
  );
  const { passed, output, screenshot } = await smokeOf({ "index.html": html });
  expect(passed).toBe(false);
  expect(output).toContain("The page is blank: every pixel is #102030");
  expect(output).toContain('<div id="root"><p hidden="">Hi</p>');
  expect(screenshot).toBeDefined();
});

const SITE: Files = {
  "index.html": page(
    '<a href="./about.html">About</a> <a href="docs">Docs</a> <a href="#top">Top</a> <a href="./report.pdf">Report</a>',
  ),
  "about.html": page(
    '<h1>About</h1><img alt="" src="./foo.png"><a href="./team.html">Team</a><a href="./">Home</a>',
  ),
  "docs/index.html": page('<h1>Docs</h1><a href="../index.html">Home</a><a href="deep/">Deep</a>'),
  "docs/deep/index.html": page("<h1>Deep</h1><script>null.x</script>"),
  "report.pdf": "%PDF-1.7",
};

test.for([ON_A_HOST, UNDER_A_PATH])(
  "every page that is linked to is shown once, and what it misses is told with addresses: %o",
  async (preview) => {
    const { passed, output } = await smokeOf(SITE, preview);
    expect(passed).toBe(false);
    expect(output?.split("\n")).toEqual([
      "On /about.html: 404 for /foo.png, requested by /about.html",
      "On /about.html: 404 for /team.html, which a link leads to",
      "On /docs/deep/: Uncaught TypeError: Cannot read properties of null (reading 'x')",
      expect.stringMatching(/^ +at docs\/deep\/index\.html:1:\d+$/),
      "docs/deep/index.html:1",
      expect.stringMatching(/^> +1 \| <!doctype html>.*null\.x/),
    ]);
  },
);

test("a page may paint late, whatever failed before; a folder and its index are one page", async () => {
  const late = page('<script>setTimeout(() => document.body.append("late"), 2000)</script>');
  const first = page('<a href="./index.html">Home</a><a href="./late.html">Late</a><script>null.x</script>');
  const { output } = await smokeOf({ "index.html": first, "late.html": late });
  expect(output).toContain("reading 'x'");
  expect(output).not.toMatch(/blank|On \//);
});

test("under a path an address with a leading slash leads out of the app, and the check says so", async () => {
  const html = page('<a href="/docs/">Docs</a><img alt="" src="/foo.png">');
  const { output } = await smokeOf({ "index.html": html }, UNDER_A_PATH);
  expect(output).toContain("/docs/ is not found: the app is served under a path");
  expect(output).toContain("/foo.png is not found");
});

test("only an app with client-side routes gets its index for them; its links are followed", async () => {
  const router = `
    const show = () => { document.querySelector("main").textContent = "at " + location.pathname; };
    const routed = () => { history.pushState(null, "", "/lists/7"); show(); };
    show();
    if (location.pathname === "/broken") throw new Error("no such view");`;
  const html = page(
    '<main></main><a href="/lists/7">Seven</a><a href="/broken">Broken</a><script type="module" src="/assets/app.js"></script>',
  );
  const routed = await smokeOf({ "index.html": html, "assets/app.js": router });
  expect(routed.output).toContain("On /broken: Uncaught Error: no such view");
  expect(routed.output).toContain("assets/app.js:5");
  expect(routed.output).not.toContain("404");
  const plain = await smokeOf({
    "index.html": html,
    "assets/app.js": 'document.querySelector("main").textContent = "hi";',
  });
  expect(plain.output).toContain("404 for /lists/7, which a link leads to");
  const hash = page(
    '<main></main><a href="#/two">Two</a><script>const show = () => { document.querySelector("main").textContent = location.hash; if (location.hash === "#/two") throw new Error("two fails"); }; show();</script>x',
  );
  expect((await smokeOf({ "index.html": hash })).output).toContain("On /#/two: Uncaught Error: two fails");
});

/** What an app may do in the frame, once a person has clicked in it. */
const ABILITIES = page(`<button>Start</button><output></output><script>
  const said = [];
  const tell = (what) => { said.push(what); document.querySelector("output").textContent = said.join(" "); };
  const attempt = (name, act) => act().then(() => tell(name), (error) => tell(name + ": " + error));
  localStorage.setItem("kept", "storage");
  tell(localStorage.getItem("kept"));
  const opening = indexedDB.open("app", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("items");
  opening.onsuccess = () => tell("database");
  document.querySelector("button").onclick = async () => {
    await attempt("pointer", () => document.body.requestPointerLock());
    document.exitPointerLock();
    await attempt("fullscreen", () => document.documentElement.requestFullscreen());
    tell("end");
  };
</script>`);

test("a framed app has storage, a database, pointer lock and fullscreen, and passes using them", async () => {
  expect(await smokeOf({ "index.html": ABILITIES })).toMatchObject({ passed: true, output: undefined });
  await withFiles({ "index.html": ABILITIES }, async (directory) => {
    const app = await serveFiles(directory, ON_A_HOST);
    const context = await (await sharedBrowser()).newContext();
    const shown = await context.newPage();
    await shown.goto(app.frameUrl("/"));
    const frame = shown.frameLocator("iframe");
    await frame.getByText("database").waitFor();
    await frame.getByRole("button").click();
    await frame.getByText("end").waitFor();
    expect(await frame.getByRole("status").textContent()).toBe("storage database pointer fullscreen end");
    await context.close();
    await app.close();
  });
});
