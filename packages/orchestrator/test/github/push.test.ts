import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiError, PublicConfig } from "@leo/core/api.ts";
import { until } from "@leo/local/testing/until.ts";
import { appRepositories, generations, pushes } from "../../src/db/schema.ts";
import { finalize as completeVersion } from "../../src/generation/finalize.ts";
import { withPushing, type PushingWorld } from "../support/pushing.ts";

let world: PushingWorld;
let leave = () => {};
let over: Promise<void>;

beforeAll(
  () =>
    new Promise<void>((resolve, reject) => {
      over = withPushing(async (made) => {
        world = made;
        resolve();
        await new Promise<void>((end) => (leave = end));
      });
      over.catch(reject);
    }),
  120_000,
);
afterAll(async () => {
  leave();
  await over;
});

const settingsOf = (appId: string) => `/api/apps/${appId}/github`;
const messages = async (name: string) =>
  (await world.github.git(name, "log", "--format=%s", "main")).split("\n");

test("each version is one commit in a private repository, with the request as its message", async () => {
  const { github, api } = world;
  const { appId, id } = await world.makeApp(
    "Über Notes!",
    { "src/ä b.ts": "1", "empty.txt": "" },
    "make notes",
  );
  const request = `${"Now add a very long request that does not fit into one line ".repeat(3)}\n\nand a list`;
  const first = await world.pushed(appId, id);
  expect(first).toMatchObject({ state: "done", automatic: false });
  const second = await world.addVersion(appId, request, { "src/ä b.ts": "2", "new.ts": "n" });
  expect(await world.pushed(appId, second)).toMatchObject({ state: "done" });

  const name = "leo-bot/leo-uber-notes";
  expect(github.repository(name)).toMatchObject({ actions: false });
  expect(await messages(name)).toEqual([expect.stringMatching(/^Now add .{60,}…$/), "make notes"]);
  const body = await github.git(name, "log", "-1", "--format=%B%an <%ae>", "main");
  expect(body).toContain(request);
  expect(body).toContain(`Leo-Generation: ${second}`);
  expect(body).toContain("Leo <77+leo-bot@users.noreply.github.com>");
  expect(await github.git(name, "show", "main:src/ä b.ts")).toBe("2");
  expect((await github.git(name, "ls-tree", "-r", "--name-only", "-z", "main")).split("\0")).toEqual([
    "new.ts",
    "src/ä b.ts",
    "",
  ]);

  const shown = await world.pushing(appId);
  expect(shown.repository).toEqual({ name, url: `${github.gitUrl}/${name}` });
  const sha = await github.git(name, "rev-parse", "main~1");
  expect(shown.pushes.find(({ generationId }) => generationId === id)).toMatchObject({
    commitSha: sha,
    commitUrl: `${github.gitUrl}/${name}/commit/${sha}`,
  });
  const told = (await world.events(id)).at(-1);
  expect(told).toMatchObject({ type: "push", state: "done", repository: name });
  const { body: generation } = await api.call<{ state: string }>(api.ann, "GET", `/api/generations/${id}`);
  expect(generation.state).toBe("completed");
});

test("an older version pushed later comes as a new commit, and the newest is not pushed twice", async () => {
  const { appId, id } = await world.makeApp("Older", { "a.txt": "one" }, "one");
  const second = await world.addVersion(appId, "two", { "b.txt": "two" });
  await world.pushed(appId, second);
  await world.pushed(appId, id);
  const again = await world.pushed(appId, id);
  const name = "leo-bot/leo-older";
  expect(await messages(name)).toEqual(["one", "two"]);
  expect(await world.github.git(name, "ls-tree", "--name-only", "main")).toBe("a.txt");
  expect(again.commitSha).toBe(await world.github.git(name, "rev-parse", "main"));
});

test("with the switch on a version is pushed as soon as it is complete, in order", async () => {
  const { api } = world;
  const { orm } = api.context.database;
  const { appId, id } = await world.makeApp("Switched");
  await api.call(api.ann, "PATCH", settingsOf(appId), { automatic: true });
  const second = await world.addVersion(appId, "second", { "a.txt": "2" });
  await world.pause();
  for (const each of [id, second]) {
    await orm
      .update(generations)
      .set({ state: "finalizing", finishedAt: null, artifactPrefix: null, manifest: null })
      .where(eq(generations.id, each));
    await completeVersion(api.context, each);
  }
  world.resume();
  expect(await world.ended(appId, second)).toMatchObject({ state: "done", automatic: true });
  expect(await messages("leo-bot/leo-switched")).toEqual(["second", "Build Switched"]);
});

test("a renamed repository is followed, a deleted one fails pushing and not the version", async () => {
  const { github, api } = world;
  const { appId, id } = await world.makeApp("Moving");
  await world.pushed(appId, id);
  await github.rename("leo-bot/leo-moving", "leo-bot/moved");
  const second = await world.addVersion(appId, "second", { "a.txt": "2" });
  await world.pushed(appId, second);
  expect(await messages("leo-bot/moved")).toHaveLength(2);
  expect((await world.pushing(appId)).repository?.name).toBe("leo-bot/moved");

  await github.remove("leo-bot/moved");
  const third = await world.addVersion(appId, "third", { "a.txt": "3" });
  const failed = await world.pushed(appId, third);
  expect(failed).toMatchObject({ state: "failed", failure: { code: "repository_gone" } });
  expect(failed.failure?.message).toContain("Disconnect it");
  expect((await world.events(third)).at(-1)).toMatchObject({ type: "push", state: "failed" });
  const { body } = await api.call<{ state: string }>(api.ann, "GET", `/api/generations/${third}`);
  expect(body.state).toBe("completed");

  const changed = await api.call<object>(api.ann, "PATCH", settingsOf(appId), { repository: null });
  expect(changed.body).not.toHaveProperty("repository");
  expect(await world.pushed(appId, third)).toMatchObject({ state: "done" });
  expect(await messages("leo-bot/leo-moving")).toEqual(["third"]);
});

test("commits of somebody else are never overwritten; the owner may build upon them", async () => {
  const { github } = world;
  const { appId, id } = await world.makeApp("Shared", { "a.txt": "1" });
  await world.pushed(appId, id);
  const theirs = await github.commitElsewhere("leo-bot/leo-shared", "theirs.txt", "mine");
  const second = await world.addVersion(appId, "second", { "a.txt": "2" });
  const failed = await world.pushed(appId, second);
  expect(failed.failure).toMatchObject({ code: "conflict", headSha: theirs });
  expect(await github.git("leo-bot/leo-shared", "rev-parse", "main")).toBe(theirs);

  expect(await world.pushed(appId, second, { onTopOf: theirs })).toMatchObject({ state: "done" });
  expect(await messages("leo-bot/leo-shared")).toEqual(["second", "by hand", "Build Shared"]);

  await github.git("leo-bot/leo-shared", "update-ref", "refs/heads/main", theirs);
  const third = await world.addVersion(appId, "third", { "a.txt": "3" });
  expect((await world.pushed(appId, third)).failure).toMatchObject({ code: "conflict", headSha: theirs });
});

test("two apps of one name get two repositories, and one whose making was not recorded is found again", async () => {
  const { api, github } = world;
  const one = await world.makeApp("Same Name");
  const two = await world.makeApp("Same Name");
  await world.pushed(one.appId, one.id);
  await world.pushed(two.appId, two.id);
  const second = `leo-bot/leo-same-name-${two.appId.slice(-6)}`;
  expect((await world.pushing(two.appId)).repository?.name).toBe(second);

  const forgotten = { repositoryId: null, repositoryName: null };
  await api.context.database.orm
    .update(appRepositories)
    .set(forgotten)
    .where(eq(appRepositories.appId, two.appId));
  const before = github.repositories.size;
  const next = await world.addVersion(two.appId, "next", { "a.txt": "2" });
  expect(await world.pushed(two.appId, next)).toMatchObject({ state: "done" });
  expect(github.repositories.size).toBe(before);
  expect(await messages(second)).toHaveLength(2);
});

test("what passes is tried again after a while, and not for ever", async () => {
  const { github } = world;
  const { appId, id } = await world.makeApp("Patient");
  github.failNext(/^GET \/api\/user$/, [503]);
  github.failNext(/git-receive-pack/, [502]);
  await world.push(id);
  for (const tries of [1, 2]) {
    await until("a try", async () => (await world.tries(id)) === tries && (await waits(id)), 60_000);
    world.advance(60_000);
  }
  expect(await world.ended(appId, id)).toMatchObject({ state: "done" });
  expect(await world.tries(id)).toBe(3);

  const second = await world.addVersion(appId, "second", { "a.txt": "2" });
  github.failNext(/^GET \/api\/user$/, [500, 500, 500, 500, 500]);
  github.failNext(/^GET \/api\/user$/, [403], { "retry-after": "30" });
  await world.push(second);
  for (const tries of [1, 2, 3, 4, 5]) {
    await until("a try", async () => (await world.tries(second)) === tries && (await waits(second)), 60_000);
    world.advance(10 * 60_000);
  }
  expect((await world.ended(appId, second)).failure).toMatchObject({ code: "unreachable" });
});

test.for([
  ["API", /^\/api\//],
  ["git server", /^\/git\//],
] as const)(
  "while the %s cannot be reached the version stays complete and its push waits",
  async ([name, fits]) => {
    const { github, api } = world;
    const { appId, id } = await world.makeApp(`Offline ${name}`);
    github.cut(fits);
    await world.push(id);
    await until("a try", async () => (await world.tries(id)) === 1 && (await waits(id)), 60_000);
    const { body } = await api.call<{ state: string }>(api.ann, "GET", `/api/generations/${id}`);
    expect(body.state).toBe("completed");
    expect((await world.events(id)).map(({ type }) => type)).not.toContain("push");
    github.cut(undefined);
    world.advance(60_000);
    expect(await world.ended(appId, id)).toMatchObject({ state: "done" });
    const { repository } = await world.pushing(appId);
    expect(await messages(repository?.name ?? "")).toEqual([`Build Offline ${name}`]);
  },
);

const waits = async (id: string) => {
  const [row] = await world.api.context.database.orm
    .select({ state: pushes.state })
    .from(pushes)
    .where(eq(pushes.generationId, id));
  return row?.state === "queued";
};

test("a revoked token, or one that may not push, fails at once with what to do", async () => {
  const { github } = world;
  const { appId, id } = await world.makeApp("Revoked");
  github.revoke(true);
  const failed = await world.pushed(appId, id);
  github.revoke(false);
  expect(failed.failure).toMatchObject({ code: "token_refused", detail: "GET /user: 401 Bad credentials" });
  expect(failed.failure?.message).toContain("Tell your administrator");
  github.failNext(/git-receive-pack/, [403]);
  expect((await world.pushed(appId, id)).failure).toMatchObject({ code: "token_refused" });
  expect(await world.pushed(appId, id)).toMatchObject({ state: "done" });
});

const KEY = ["sk-ant", "api03-abcdefghijklmnop"].join("-");

test("secrets are located, never shown, and pass once the owner has reviewed exactly those", async () => {
  const { api } = world;
  const service = [{ alg: "HS256" }, { role: "service_role" }, { sig: "0123456789" }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const { appId } = await world.makeApp("Leaky");
  const dist = { "assets/index.js": `x;\nconst k="${service}"` };
  const leaky = await world.addVersion(appId, "leak", { "src/key.ts": `\n\nconst key = "${KEY}";` }, dist);
  const refused = await world.api.call<ApiError>(api.ann, "POST", `/api/generations/${leaky}/push`, {});
  expect(refused.status).toBe(409);
  expect(refused.body.error.code).toBe("secrets_found");
  const found = refused.body.error.details as { digest: string };
  expect(found).toMatchObject({
    count: 2,
    findings: [
      { path: "src/key.ts", line: 3, kind: "Anthropic key", inBundle: false },
      { path: "dist/assets/index.js", line: 2, kind: "Supabase service key", inBundle: true },
    ],
  });
  expect(JSON.stringify(refused.body)).not.toContain(KEY.slice(0, 12));

  const zip = `/api/generations/${leaky}/archive.zip`;
  const held = await api.call<ApiError>(api.ann, "GET", zip);
  expect([held.status, held.body.error.details]).toEqual([409, found]);
  expect((await api.call(api.ann, "GET", `${zip}?confirm=wrong`)).status).toBe(409);
  expect((await api.call(api.ann, "GET", `${zip}?confirm=${found.digest}`)).status).toBe(200);

  await api.call(api.ann, "PATCH", settingsOf(appId), { automatic: true });
  await api.context.database.orm
    .update(generations)
    .set({ state: "finalizing", finishedAt: null })
    .where(eq(generations.id, leaky));
  await completeVersion(api.context, leaky);
  const failed = await world.ended(appId, leaky);
  expect(failed.failure).toMatchObject({ code: "secrets_found", secrets: found });
  expect(await world.pushed(appId, leaky, { confirm: found.digest })).toMatchObject({ state: "done" });

  const moved = { "src/key.ts": `// moved\n\n\n\nconst key = "${KEY}";` };
  const same = await world.addVersion(appId, "same", moved, dist);
  expect(await world.pushed(appId, same)).toMatchObject({ state: "done" });
  const more = await world.addVersion(appId, "more", { ...moved, "b.ts": KEY }, dist);
  expect((await world.push(more)).status).toBe(409);
});

test("the token is in no URL, no argument, no log line, no event and no row, and nothing stays on disk", async () => {
  const { api, github } = world;
  const { appId, id } = await world.makeApp("Quiet");
  const push = github.holdPush();
  await world.push(id);
  await push.arrived;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  const pushing = lines.filter((line) => line.includes(github.gitUrl));
  expect(pushing.length).toBeGreaterThan(0);
  expect(lines.filter((line) => line.includes(github.token))).toEqual([]);
  push.release();
  await world.ended(appId, id);

  expect(github.requests.filter((request) => request.includes(github.token))).toEqual([]);
  expect(api.logged().join("")).toContain('"event":"pushed"');
  expect(api.logged().join("")).not.toContain(github.token);
  expect(JSON.stringify(await world.events(id))).not.toContain(github.token);
  const { rows } = await api.context.database.pool.query<object>("select * from leo.publications");
  expect(JSON.stringify(rows)).not.toContain(github.token);
  const left = await readdir(tmpdir());
  expect(left.filter((name) => name.startsWith(`leo-push-${process.pid}-`))).toEqual([]);
});

test("after a worker is killed during a push, the next one finishes without a second commit", async () => {
  const { api, github } = world;
  const { appId, id } = await world.makeApp("Killed");
  await world.pause();
  const child = spawn(process.execPath, [new URL("../support/pusher-main.ts", import.meta.url).pathname], {
    env: { ...process.env, LEO_TEST_CONFIG: JSON.stringify(api.context.config) },
    stdio: "inherit",
  });
  const push = github.holdPush();
  // The other process has a clock of its own.
  await world.push(id);
  await api.context.database.orm
    .update(pushes)
    .set({ availableAt: new Date(0) })
    .where(eq(pushes.generationId, id));
  await push.arrived;
  child.kill("SIGKILL");
  await once(child, "exit");
  push.release();
  world.advance(120_000);
  world.resume();
  expect(await world.ended(appId, id)).toMatchObject({ state: "done" });
  expect(await messages("leo-bot/leo-killed")).toEqual(["Build Killed"]);
  expect(await world.tries(id)).toBe(2);
  const left = await readdir(tmpdir());
  expect(left.filter((name) => name.startsWith(`leo-push-${child.pid}-`))).toEqual([]);
});

test("the owner's GitHub user is invited, and no longer the one that was named before", async () => {
  const { api, github } = world;
  github.users.add("ann-dev").add("ann-new");
  const account = (login: string | null) => api.call(api.ann, "PUT", "/api/account/github", { login });
  const { appId, id } = await world.makeApp("Invited");
  await account("ann-dev");
  await world.pushed(appId, id);
  const logins = () => github.repository("leo-bot/leo-invited").invitations.map(({ login }) => login);
  await expect.poll(logins, { timeout: 60_000 }).toEqual(["ann-dev"]);
  await account("nobody-here");
  const failure = async () => (await world.pushing(appId)).invitationFailure;
  await expect.poll(failure, { timeout: 60_000 }).toContain("nobody-here");
  expect(logins()).toEqual([]);
  await account("ann-new");
  await expect.poll(logins, { timeout: 60_000 }).toEqual(["ann-new"]);
  await account(null);
  await expect.poll(logins, { timeout: 60_000 }).toEqual([]);
  expect((await account("not a name")).status).toBe(400);
});

test("without a token pushing is refused with how to get it, and the browser is told", async () => {
  const { api } = world;
  const { appId, id } = await world.makeApp("Unset");
  const { config } = api.context;
  const token = config.GITHUB_BOT_TOKEN;
  try {
    config.GITHUB_BOT_TOKEN = undefined;
    const { body } = await api.call<PublicConfig>(null, "GET", "/api/config");
    expect(body.github).toBe(false);
    const refused = await api.call<ApiError>(api.ann, "POST", `/api/generations/${id}/push`, {});
    expect([refused.status, refused.body.error.message]).toEqual([
      409,
      "Leo can't push to GitHub on this installation. Its administrator can add a GitHub token.",
    ]);
    expect((await api.call(api.ann, "PATCH", settingsOf(appId), { automatic: true })).status).toBe(409);
  } finally {
    config.GITHUB_BOT_TOKEN = token;
  }
});
