import { expect, test } from "vitest";
import type { z } from "zod";
import type { CreatedShare } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { ON_HOSTS, ON_PLAIN_HTTP, UNDER_A_PATH, withStage } from "../support/stage.ts";

test(
  "on its own host a link opens the app, which keeps its storage and its access over a reload",
  { timeout: 120_000 },
  () =>
    withStage(ON_HOSTS, async ({ browser, leo, publish }) => {
      const script = "document.title = String(localStorage.count = Number(localStorage.count ?? 0) + 1);";
      const index = '<!doctype html><script type="module" crossorigin src="./assets/a.js"></script>';
      const url = await publish({ "index.html": index, "assets/a.js": script }, "client");
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
    }),
);

test.for([
  ["on hosts of their own", ON_HOSTS],
  ["under a path", UNDER_A_PATH],
] as const)("with previews %s, a share link opens the app for anyone until it is revoked", ([, template]) =>
  withStage(template, async ({ api, browser, leo, publish }) => {
    const url = await publish({
      "index.html":
        '<!doctype html><title>Shared</title><script type="module" crossorigin src="./a.js"></script>',
      "a.js": "document.body.append('it runs');",
    });
    const id = /[0-9a-f-]{36}/.exec(url)?.[0] ?? "";
    const { appId } = (await api.call<Generation>(api.ann, "GET", `/api/generations/${id}`)).body;
    const path = `/api/apps/${appId}/shares`;
    const { share, url: link } = (await api.call<z.infer<typeof CreatedShare>>(api.ann, "POST", path, {}))
      .body;
    expect(link).toMatch(new RegExp(`^${leo}/s/`));
    const page = await browser.newPage();
    await page.goto(link);
    await page.getByText("it runs").waitFor();
    expect(await page.title()).toBe("Shared");
    // What the link opens, shows; nothing in the address or the page signs anyone in.
    expect((await api.call(null, "GET", `/api/generations/${id}`)).status).toBe(401);
    await api.call(api.ann, "DELETE", `${path}/${share.id}`);
    await page.reload();
    await page.getByText("This preview is private").waitFor();
    await page.goto(link);
    await page.getByText("It was revoked").waitFor();
  }),
);

/** Everything in which a page could find the address that it was opened with. */
const PRYING_APP = {
  "index.html": `<script>
const attempt = (look) => { try { return look(); } catch (error) { return String(error); } };
const seen = () => JSON.stringify([
  location.href, document.URL, document.baseURI, document.referrer, name, history.state,
  attempt(() => document.cookie),
  performance.getEntries(), performance.timing,
  typeof navigation === "undefined" ? [] : [navigation.entries().map(({ url }) => url), navigation.activation?.from?.url],
]);
const first = seen();
</script><!doctype html><title>Prying</title><script type="module" crossorigin src="./a.js"></script>`,
  "a.js": `
    const answers = await Promise.all(["../", "./a.js", location.href].map(async (path) => {
      const answer = await fetch(path);
      return [answer.url, [...answer.headers], await answer.text()];
    }));
    globalThis.seen = [first, seen(), JSON.stringify(answers)];`,
};

test.for([
  ["on hosts of their own", ON_HOSTS],
  ["under a path", UNDER_A_PATH],
  ["on plain HTTP", ON_PLAIN_HTTP],
] as const)("with previews %s, an app can't find its link's token", { timeout: 120_000 }, ([, template]) =>
  withStage(template, async ({ api, browser, leo, publish }) => {
    const url = await publish(PRYING_APP);
    const id = /[0-9a-f-]{36}/.exec(url)?.[0] ?? "";
    const { appId } = (await api.call<Generation>(api.ann, "GET", `/api/generations/${id}`)).body;
    const { body } = await api.call<z.infer<typeof CreatedShare>>(
      api.ann,
      "POST",
      `/api/apps/${appId}/shares`,
      {},
    );
    const framed = new URL(leo);
    framed.searchParams.set("preview", url);
    for (const address of [url, body.url, framed.href]) {
      const page = await browser.newPage();
      await page.goto(address);
      const frame = address === framed.href ? page.frames()[1] : page.mainFrame();
      await frame?.waitForFunction("globalThis.seen");
      const seen = (await frame?.evaluate<string[]>("globalThis.seen")) ?? [];
      expect(seen).toHaveLength(3);
      expect(seen.join("")).toContain(id);
      expect(seen.join("")).not.toMatch(/leo_(?:pv|sh)_|leo-link/);
      await page.close();
    }
  }),
);

const COPYING_APP = {
  "index.html":
    '<!doctype html><button>Copy</button><script type="module" crossorigin src="./a.js"></script>',
  "a.js": `
    const [id, other] = [crypto.randomUUID(), crypto.randomUUID()];
    document.querySelector("button").addEventListener("click", async () => {
      await navigator.clipboard.writeText(\`id \${id} \${id === other}\`);
      document.body.append("copied");
    });`,
};

test.for([
  ["on hosts of their own", ON_HOSTS, true],
  ["under a path", UNDER_A_PATH, true],
  ["on plain HTTP", ON_PLAIN_HTTP, false],
] as const)(
  "with previews %s, an app makes UUIDs and copies text, in Leo's frame and in a tab",
  { timeout: 120_000 },
  ([, template, isSecure]) =>
    withStage(template, async ({ browser, leo, publish }) => {
      const url = await publish(COPYING_APP);
      const framed = new URL(leo);
      framed.searchParams.set("preview", url);
      for (const address of [framed.href, url]) {
        const page = await browser.newPage();
        await page.goto(address);
        const app = address === url ? page : page.frameLocator("iframe");
        await app.getByRole("button").click();
        await app.getByText("copied").waitFor();
        expect(await page.evaluate<boolean>("isSecureContext")).toBe(isSecure);
        const paste = await browser.newPage();
        await paste.setContent("<textarea autofocus></textarea>");
        await paste.getByRole("textbox").press("ControlOrMeta+V");
        expect(await paste.getByRole("textbox").inputValue()).toMatch(
          /^id [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} false$/,
        );
      }
    }),
);

const GAME = {
  "index.html": `<!doctype html><button>Start</button><output></output><script>
    const said = [];
    const tell = (what) => { said.push(what); document.querySelector("output").textContent = said.join(" "); };
    const attempt = (name, act) => act().then(() => tell(name), (error) => tell(name + ": " + error.name));
    document.querySelector("button").onclick = async () => {
      await attempt("pointer", () => document.body.requestPointerLock());
      document.exitPointerLock();
      await attempt("fullscreen", () => document.documentElement.requestFullscreen());
      tell("end");
    };
  </script>`,
};

test.for([
  ["on hosts of their own", ON_HOSTS],
  ["under a path", UNDER_A_PATH],
  ["on plain HTTP", ON_PLAIN_HTTP],
] as const)("with previews %s, a game in Leo's frame has the pointer and the whole screen", ([, template]) =>
  withStage(template, async ({ browser, leo, publish }) => {
    const framed = new URL(leo);
    framed.searchParams.set("framed", await publish(GAME));
    const page = await browser.newPage();
    await page.goto(framed.href);
    const game = page.frameLocator("iframe");
    await game.getByRole("button").click();
    await game.getByText("end").waitFor();
    expect(await game.getByRole("status").textContent()).toBe("pointer fullscreen end");
  }),
);
