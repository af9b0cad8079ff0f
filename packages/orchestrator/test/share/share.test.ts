import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, CreatedApp, CreatedShare, ShareList } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { raw } from "../support/raw.ts";
import { completeGeneration } from "../support/version.ts";

type Created = z.infer<typeof CreatedShare>;

const publish = async (api: TestApi, text: string, appId?: string) => {
  const made = appId
    ? await api.call<Generation>(api.ann, "POST", `/api/apps/${appId}/generations`, { prompt: "more" })
    : await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
        prompt: "x",
        name: "Secret",
      });
  const generation = "generation" in made.body ? made.body.generation : made.body;
  await completeGeneration(api, generation.id, {
    source: { "src/App.tsx": "source" },
    dist: { "index.html": `<p>${text}</p>`, "a.txt": text },
  });
  return { id: generation.id, appId: generation.appId };
};

const share = async (api: TestApi, appId: string, body: object = {}) =>
  (await api.call<Created>(api.ann, "POST", `/api/apps/${appId}/shares`, body)).body;

/** Follows a share link as anyone would; the preview's host goes along as the Host header. */
const follow = async (api: TestApi, link: string) => {
  const first = await raw(api.url, new URL(link).pathname);
  if (first.status !== 302) return { ...first, preview: undefined };
  const preview = new URL(first.headers.location ?? "");
  const headers = { host: preview.host };
  const opened = await raw(api.url, preview.pathname + preview.search, { headers });
  if (opened.status !== 302) return { ...opened, preview };
  const [cookie = ""] = opened.headers["set-cookie"]?.[0]?.split(";") ?? [];
  const page = await raw(api.url, opened.headers.location ?? "", { headers: { ...headers, cookie } });
  return { ...page, preview };
};

const shares = async (api: TestApi, appId: string) =>
  (await api.call<z.infer<typeof ShareList>>(api.ann, "GET", `/api/apps/${appId}/shares`)).body.shares;

test("a share link of an app shows its newest version to anyone, and counts", () =>
  withApi(async (api) => {
    const first = await publish(api, "one");
    const { url, share: made } = await share(api, first.appId);
    expect(url).toMatch(/^http:\/\/localhost:5013\/s\/leo_sh_[\w-]{43}$/);
    expect((await follow(api, url)).body.toString()).toContain("<p>one</p>");
    const second = await publish(api, "two", first.appId);
    const { status, body, headers, preview } = await follow(api, url);
    expect([status, preview?.hostname]).toEqual([200, `${second.id}.localhost`]);
    expect(body.toString()).toContain("<p>two</p>");
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const asset = await raw(api.url, "/a.txt", { headers: { host: preview?.host ?? "", cookie } });
    expect(asset.body.toString()).toBe("two");
    expect(await shares(api, first.appId)).toEqual([
      { ...made, seenCount: 2, lastSeenAt: expect.any(String) },
    ]);
    const { rows } = await api.context.database.pool.query("select * from leo.shares");
    expect(JSON.stringify(rows)).not.toContain(url.split("/").at(-1));
  }));

test("a share link of a version stays with it and opens no other", () =>
  withApi(async (api) => {
    const first = await publish(api, "one");
    const { url } = await share(api, first.appId, { generationId: first.id });
    const second = await publish(api, "two", first.appId);
    const { body, preview } = await follow(api, url);
    expect(body.toString()).toContain("<p>one</p>");
    const stranger = await publish(api, "three");
    for (const { id } of [second, stranger]) {
      const { status } = await raw(api.url, `/${preview?.search}`, { headers: { host: `${id}.localhost` } });
      expect(status).toBe(404);
    }
  }));

test("whoever has a share link gets at nothing but the running app", () =>
  withApi(async (api) => {
    const { appId, id } = await publish(api, "one");
    const { url } = await share(api, appId);
    const token = url.split("/").at(-1) ?? "";
    const routes = ["", "/files", "/files/src/App.tsx", "/archive.zip", "/events", "/diff"].map(
      (path) => `/api/generations/${id}${path}`,
    );
    for (const path of [...routes, `/api/apps/${appId}`, `/api/apps/${appId}/shares`]) {
      expect([path, (await api.call(token, "GET", path)).status]).toEqual([path, 401]);
      expect((await api.call(null, "GET", `${path}?leo-link=${token}`)).status).toBe(401);
    }
    const { body, headers } = await follow(api, url);
    expect(body.toString() + JSON.stringify(headers)).not.toContain("Secret");
  }));

test("a share link ends at once when it is revoked or its app deleted; the owner's own link goes on", () =>
  withApi(async (api) => {
    const { appId, id } = await publish(api, "one");
    const [one, two] = [await share(api, appId), await share(api, appId)];
    const opened = await follow(api, one.url);
    const cookie = opened.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const host = `${id}.localhost`;
    const path = `/api/apps/${appId}/shares/${one.share.id}`;
    expect((await api.call(api.bob, "DELETE", path)).status).toBe(404);
    expect((await api.call(api.ann, "DELETE", path)).status).toBe(204);
    expect((await api.call(api.ann, "DELETE", path)).status).toBe(404);
    const gone = await follow(api, one.url);
    expect([gone.status, gone.headers["content-type"]]).toEqual([404, "text/html; charset=UTF-8"]);
    expect(gone.body.toString()).toContain("This link does not work");
    expect((await raw(api.url, "/a.txt", { headers: { host, cookie } })).status).toBe(404);
    expect((await follow(api, two.url)).status).toBe(200);
    expect((await shares(api, appId)).map((made) => made.id)).toEqual([two.share.id]);

    // The owner's links and the share links end apart from each other.
    await api.call(api.ann, "POST", `/api/apps/${appId}/preview-links/revoke`);
    expect((await follow(api, two.url)).status).toBe(200);
    await api.call(api.ann, "DELETE", `/api/apps/${appId}`);
    expect((await follow(api, two.url)).status).toBe(404);
    for (const bad of [
      "x",
      "leo_sh_",
      `leo_sh_${"a".repeat(43)}`,
      "%00",
      "..%2f",
      "leo_pv_" + "a".repeat(43),
    ])
      expect([bad, (await raw(api.url, `/s/${bad}`)).status]).toEqual([bad, 404]);
  }));

test("a share names a version of the same app that has something to show, twenty at most", () =>
  withApi(async (api) => {
    const { appId } = await publish(api, "one");
    const other = await publish(api, "two");
    const post = (body: object) => api.call<ApiError>(api.ann, "POST", `/api/apps/${appId}/shares`, body);
    for (const generationId of [other.id, newId()]) expect((await post({ generationId })).status).toBe(404);
    expect((await post({ generationId: "x" })).status).toBe(400);
    const { body: waiting } = await api.call<Generation>(api.ann, "POST", `/api/apps/${appId}/generations`, {
      prompt: "more",
    });
    expect((await post({ generationId: waiting.id })).status).toBe(409);
    for (let made = 0; made < 20; made += 1) expect((await post({})).status).toBe(201);
    const refused = await post({});
    expect([refused.status, refused.body.error.message]).toEqual([
      429,
      "The app has 20 share links, the limit is 20. Revoke one to make another.",
    ]);
  }));
