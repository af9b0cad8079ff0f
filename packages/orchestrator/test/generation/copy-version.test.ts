import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { z } from "zod";
import { appPrefix, checkpointKey, manifestKey, sourceKey } from "@leo/core/artifact.ts";
import type { ApiError, AppDetail, CreatedApp, Diff, EventPage, FileList, Usage } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { completeGeneration } from "../support/version.ts";

type Created = z.infer<typeof CreatedApp>;

const PICTURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47]);

/** An app with two versions: the first says "one", the second "two". */
const makeApp = async (api: TestApi) => {
  const { body } = await api.call<Created>(api.ann, "POST", "/api/apps", {
    prompt: "a todo list",
    name: "Todos",
  });
  const { app, generation: first } = body;
  const files = (text: string) => ({
    source: { "src/App.tsx": text, "src/a b/\u00fc.txt": text },
    dist: { "index.html": `<p>${text}` },
    screenshot: PICTURE,
  });
  await completeGeneration(api, first.id, files("one"));
  const { body: second } = await api.call<Generation>(api.ann, "POST", `/api/apps/${app.id}/generations`, {
    prompt: "two",
  });
  await completeGeneration(api, second.id, files("two"));
  return { app, first, second };
};

const keysUnder = async (api: TestApi, prefix: string) => {
  const { Contents = [] } = await api.s3.send(
    new ListObjectsV2Command({ Bucket: api.bucket.bucket, Prefix: prefix }),
  );
  return Contents.map(({ Key = "" }) => Key);
};

const restore = (api: TestApi, id: string, key?: string) =>
  api.call<Generation>(
    api.ann,
    "POST",
    `/api/generations/${id}/restore`,
    undefined,
    key ? { "idempotency-key": key } : {},
  );

test("a restored version is a new one with the old files, made without a run and without cost", () =>
  withApi(async (api) => {
    const { app, first, second } = await makeApp(api);
    const { status, body } = await restore(api, first.id);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      appId: app.id,
      state: "completed",
      costUsd: 0,
      chargedUsd: 0,
      baseGenerationId: second.id,
      copiedFromId: first.id,
    });
    const { body: detail } = await api.call<z.infer<typeof AppDetail>>(api.ann, "GET", `/api/apps/${app.id}`);
    expect(detail.generations.map(({ id }) => id)).toEqual([body.id, second.id, first.id]);
    expect(detail.app).toMatchObject({ latest: { id: body.id }, previewUrl: body.previewUrl });
    expect(detail.app.screenshotUrl).toBe(`/api/generations/${body.id}/screenshot`);
    const { body: diff } = await api.call<Diff>(
      api.ann,
      "GET",
      `/api/generations/${body.id}/diff?base=${first.id}`,
    );
    expect(diff.files).toEqual([]);
    const { body: files } = await api.call<z.infer<typeof FileList>>(
      api.ann,
      "GET",
      `/api/generations/${body.id}/files`,
    );
    expect(files.source.map(({ path }) => path)).toContain("src/a b/\u00fc.txt");
    const { body: page } = await api.call<z.infer<typeof EventPage>>(
      api.ann,
      "GET",
      `/api/generations/${body.id}/events`,
    );
    expect(page.events).toMatchObject([
      { seq: 1, type: "version_copied", fromGenerationId: first.id, fromVersion: 1 },
      { seq: 2, type: "state_changed", state: "completed" },
    ]);
    const { body: usage } = await api.call<Usage>(api.ann, "GET", "/api/usage");
    expect(usage.generationsToday).toBe(2);
    const next = await api.call<Generation>(api.ann, "POST", `/api/apps/${app.id}/generations`, {
      prompt: "more",
    });
    expect(next.body.baseGenerationId).toBe(body.id);
  }));

test("a copy is an app of its own that outlives the one it came from", () =>
  withApi(async (api) => {
    const { app, first } = await makeApp(api);
    const { body } = await api.call<Created>(api.ann, "POST", `/api/generations/${first.id}/fork`, {});
    expect(body.app.name).toBe("Todos (copy)");
    expect(body.generation).toMatchObject({
      state: "completed",
      prompt: "a todo list",
      copiedFromId: first.id,
    });
    expect(body.generation.baseGenerationId).toBeUndefined();
    const named = await api.call<Created>(api.ann, "POST", `/api/generations/${first.id}/fork`, {
      name: "Mine",
    });
    expect(named.body.app.name).toBe("Mine");
    const old = await keysUnder(api, appPrefix(app.id));
    await api.context.storage.delete(old);
    await api.context.database.pool.query("delete from leo.apps where id = $1", [app.id]);
    const source = await fetch(`${api.url}/api/generations/${body.generation.id}/files/src/App.tsx`, {
      headers: { authorization: `Bearer ${api.ann}` },
    });
    expect(await source.text()).toBe("one");
    const { body: page } = await api.call<z.infer<typeof EventPage>>(
      api.ann,
      "GET",
      `/api/generations/${body.generation.id}/events`,
    );
    expect(page.events[0]).toMatchObject({ type: "version_copied", fromVersion: 1, fromApp: "Todos" });
  }));

test("the manifest of a copy names the copy's own objects", () =>
  withApi(async (api) => {
    const { app, first } = await makeApp(api);
    const { pool } = api.context.database;
    const { rows } = await pool.query<{ prefix: string }>(
      "select artifact_prefix as prefix from leo.generations where id = $1",
      [first.id],
    );
    const from = rows[0]?.prefix ?? "";
    await api.context.storage.write(checkpointKey(from, 3), "x", "application/gzip");
    await pool.query(
      "update leo.generations set manifest = jsonb_set(manifest, '{checkpoint}', $2::jsonb) where id = $1",
      [first.id, JSON.stringify({ key: checkpointKey(from, 3), sizeBytes: 1, sessionId: "s" })],
    );
    const { body } = await restore(api, first.id);
    const to = `apps/${app.id}/${body.id}/1/`;
    const text = await api.context.storage.readText(manifestKey(to), 100_000);
    expect(JSON.parse(text ?? "")).toMatchObject({
      appId: app.id,
      generationId: body.id,
      attempt: 1,
      screenshot: `${to}screenshot.png`,
      checkpoint: { key: checkpointKey(to, 3), sessionId: "s" },
    });
    expect(text).not.toContain(first.id);
    expect(await keysUnder(api, to)).toContain(checkpointKey(to, 3));
  }));

test("many who send the same restore with one key get one version, and nothing is left of the others", () =>
  withApi(async (api) => {
    const { app, first } = await makeApp(api);
    const answers = await Promise.all(Array.from({ length: 5 }, () => restore(api, first.id, "one-key")));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    const ids = new Set(answers.map(({ body }) => body.id));
    expect(ids.size).toBe(1);
    const places = new Set((await keysUnder(api, appPrefix(app.id))).map((key) => key.split("/")[2]));
    expect(places.size).toBe(3);
  }));

test("what is at work, unfinished, expired or another user's is refused, and leaves nothing in the bucket", () =>
  withApi(async (api) => {
    const { app, first, second } = await makeApp(api);
    expect((await api.call(api.bob, "POST", `/api/generations/${first.id}/restore`)).status).toBe(404);
    expect((await restore(api, newId())).status).toBe(404);
    const { body: active } = await api.call<Generation>(api.ann, "POST", `/api/apps/${app.id}/generations`, {
      prompt: "three",
    });
    expect((await restore(api, active.id)).status).toBe(409);
    const before = await keysUnder(api, appPrefix(app.id));
    const busy = await api.call<ApiError>(api.ann, "POST", `/api/generations/${first.id}/restore`);
    expect([busy.status, busy.body.error.message]).toEqual([
      409,
      "This app has a request at work. Wait until it ends, or cancel it.",
    ]);
    expect(await keysUnder(api, appPrefix(app.id))).toEqual(before);
    await api.call(api.ann, "POST", `/api/generations/${active.id}/cancel`);
    const prefix = `apps/${app.id}/${second.id}/1/`;
    await api.context.storage.delete([sourceKey(prefix, "src/App.tsx")]);
    const lost = await api.call<ApiError>(api.ann, "POST", `/api/generations/${second.id}/fork`, {});
    expect([lost.status, lost.body.error.code]).toEqual([404, "not_found"]);
    expect((await api.call<{ apps: unknown[] }>(api.ann, "GET", "/api/apps")).body.apps).toHaveLength(1);
  }));
