/** Sites as people meet them: the owner publishes one version after the other, visitors stay. Real Chromium. */
import { expect, test } from "vitest";
import { change, makeApp, publish, unpublish } from "../support/site.ts";
import { ON_HOSTS, UNDER_A_PATH, withStage } from "../support/stage.ts";

/** Keeps what a visitor types, as most small apps do. */
const notes = (version: string) => ({
  "index.html": `<!doctype html><title>Notes ${version}</title><link rel="manifest" href="app.webmanifest">
    <textarea aria-label="Note"></textarea><output></output><script type="module" src="./assets/index-${version}xxxxxxx.js"></script>`,
  "app.webmanifest": '{"name":"Notes"}',
  "sw.js": "self.addEventListener('fetch', () => undefined);",
  [`assets/index-${version}xxxxxxx.js`]: `
    const note = document.querySelector("textarea");
    note.value = localStorage.getItem("note") ?? "";
    note.addEventListener("input", () => localStorage.setItem("note", note.value));
    const tell = (text) => (document.querySelector("output").textContent = text);
    navigator.serviceWorker?.register("./sw.js").then(() => tell("worker"), () => tell("no worker"));`,
});

test("what a visitor typed is there after another version, after going back, and after an unpublishing", () =>
  withStage(ON_HOSTS, async ({ api, browser }) => {
    const versions = ["1", "2", "3"];
    const app = await makeApp(api, api.ann, { name: "Notes", versions: versions.map(notes) });
    const { url } = (await publish(api, api.ann, app.appId, app.versions[0])).body;
    const page = await browser.newPage();
    const shows = async (title: string) => {
      await expect
        .poll(async () => {
          await page.goto(url);
          return page.title();
        })
        .toBe(title);
    };
    await shows("Notes 1");
    await page.getByLabel("Note").fill("milk");
    await page.getByText("worker", { exact: true }).waitFor();
    for (const index of [1, 2, 0]) {
      await publish(api, api.ann, app.appId, app.versions[index]);
      await shows(`Notes ${versions[index]}`);
      expect(await page.getByLabel("Note").inputValue()).toBe("milk");
    }
    expect(await browser.cookies(url)).toEqual([]);
    await unpublish(api, api.ann, app.appId);
    await shows("This site is gone");
    await publish(api, api.ann, app.appId, app.versions[2]);
    await shows("Notes 3");
    expect(await page.getByLabel("Note").inputValue()).toBe("milk");
  }));

test("a stranger without the link sees nothing; with it the site opens, and the link is not in the address", () =>
  withStage(ON_HOSTS, async ({ api, browser }) => {
    const app = await makeApp(api, api.ann, { name: "Notes", versions: [notes("1")] });
    const { url } = (await publish(api, api.ann, app.appId, app.versions[0], { visibility: "link" })).body;
    const { link = "" } = (await change(api, api.ann, app.appId, {})).body;
    const page = await browser.newPage();
    await page.goto(url);
    expect(await page.title()).toBe("No site here");
    await page.goto(link);
    await page.getByText("worker", { exact: true }).waitFor();
    expect(page.url()).toBe(url);
    await page.reload();
    expect(await page.title()).toBe("Notes 1");
  }));

/** Tries to get at another site, and at Leo. */
const attacker = (victim: string, leo: string) => ({
  "index.html": `<!doctype html><title>Attacker</title><output></output><script type="module" src="./a.js"></script>`,
  "sw.js": "self.addEventListener('fetch', (event) => event.respondWith(new Response('owned')));",
  "a.js": `
    const outcomes = {};
    const tried = async (name, work) => {
      try { outcomes[name] = String(await work()); } catch (error) { outcomes[name] = "refused"; }
    };
    const frame = (src) => new Promise((resolve) => {
      const element = document.createElement("iframe");
      element.onload = () => { try { resolve(element.contentDocument?.title ?? "hidden"); } catch { resolve("hidden"); } };
      element.src = src;
      document.body.append(element);
    });
    await tried("worker", async () => (await navigator.serviceWorker.register("./sw.js")).scope);
    for (const [name, url] of Object.entries({ site: ${JSON.stringify(victim)}, leo: ${JSON.stringify(leo)} })) {
      await tried(name + " read", async () => (await fetch(url, { credentials: "include" })).text());
      await tried(name + " worker", () => navigator.serviceWorker.register(url + "sw.js"));
      await tried(name + " framed", () => frame(url));
    }
    await tried("leo api", async () => (await fetch(${JSON.stringify(leo)} + "api/config", { credentials: "include" })).text());
    await tried("own api", async () => (await fetch("/api/config")).status);
    document.cookie = "planted=1; domain=" + location.hostname.split(".").slice(1).join(".") + "; path=/";
    document.querySelector("output").textContent = JSON.stringify(outcomes);
    document.title = "done";`,
});

test("two sites cannot reach each other, nor Leo", () =>
  withStage(ON_HOSTS, async ({ api, browser, leo }) => {
    const victim = await makeApp(api, api.bob, { name: "Victim", versions: [notes("1")] });
    const target = (await publish(api, api.bob, victim.appId, victim.versions[0])).body.url;
    const app = await makeApp(api, api.ann, { name: "Attacker", versions: [attacker(target, `${leo}/`)] });
    const { url } = (await publish(api, api.ann, app.appId, app.versions[0])).body;
    const page = await browser.newPage();
    await page.goto(target);
    await page.getByLabel("Note").fill("bank");
    await page.goto(url);
    await expect.poll(() => page.title()).toBe("done");
    const outcomes = JSON.parse(await page.locator("output").innerText()) as Record<string, string>;
    expect(outcomes).toEqual({
      worker: url,
      "site read": "refused",
      "site worker": "refused",
      "site framed": "hidden",
      "leo read": "refused",
      "leo worker": "refused",
      "leo framed": "hidden",
      "leo api": "refused",
      "own api": "404",
    });
    await page.goto(target);
    expect(await page.getByLabel("Note").inputValue()).toBe("bank");
    await page.goto(leo);
    expect(await page.title()).toBe("Leo");
    expect(await page.evaluate<string>("document.cookie")).toContain("leo=secret");
  }));

test("under a path a site has an opaque origin and can't read Leo's page", () =>
  withStage(UNDER_A_PATH, async ({ api, browser, leo }) => {
    const script = `
      const of = (read) => { try { return String(read()); } catch { return "refused"; } };
      document.title = [self.origin, of(() => document.cookie), of(() => localStorage.getItem("session"))].join(" ");`;
    const app = await makeApp(api, api.ann, {
      versions: [
        {
          "index.html": '<!doctype html><script type="module" crossorigin src="./a.js"></script>',
          "a.js": script,
        },
      ],
    });
    const { url } = (await publish(api, api.ann, app.appId, app.versions[0])).body;
    expect(url).toMatch(new RegExp(`^${leo}/site/`));
    const page = await browser.newPage();
    await page.goto(leo);
    await expect.poll(() => page.evaluate<string>("localStorage.getItem('session')")).toBe("secret");
    await page.goto(url);
    await expect.poll(() => page.title()).toBe("null refused null");
  }));
