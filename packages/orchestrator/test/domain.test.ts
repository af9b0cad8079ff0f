import fc from "fast-check";
import { expect, test } from "vitest";
import type { z } from "zod";
import type { CreatedApp } from "@leo/core/api.ts";
import { AppName } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { appPrefix, attemptPrefix } from "@leo/core/artifact.ts";
import { nameFromPrompt } from "../src/domain/app-name.ts";
import { previewHostId, previewPlace } from "../src/domain/preview-url.ts";
import { purgeDeletedApps } from "../src/domain/purge.ts";
import { attempts } from "../src/db/schema.ts";
import { putObject, withApi, type TestApi } from "./support/api.ts";
import { completeGeneration } from "./support/version.ts";

test("an app's name says what was asked for", () => {
  const names: Record<string, string> = {
    "a todo list with dark mode": "Todo list",
    "Build me a kanban board, please": "Kanban board",
    "Please can you make a pomodoro timer that beeps?": "Pomodoro timer",
    "I want to build an app for tracking my runs": "App for tracking my runs",
    "landing page for a coffee shop\nwith prices": "Landing page",
    Calculator: "Calculator",
    make: "Make",
    "erstelle eine \u00dcbersicht": "Erstelle eine \u00dcbersicht",
    "\u4e00\u4e2a\u5f85\u529e\u4e8b\u9879\u5217\u8868": "\u4e00\u4e2a\u5f85\u529e\u4e8b\u9879\u5217\u8868",
    "???": "Untitled app",
    "# Spec: the great one": "Spec",
  };
  for (const [prompt, name] of Object.entries(names)) expect(nameFromPrompt(prompt)).toBe(name);
});

test("any prompt gives a name that the API would take", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 300 }), (prompt) => {
      const name = nameFromPrompt(prompt);
      expect(AppName.parse(name)).toBe(name);
      expect(name.length).toBeLessThanOrEqual(48);
    }),
    { numRuns: 2_000 },
  );
});

test("a preview host belongs to exactly one generation", () => {
  const id = newId();
  const place = previewPlace("https://{generationId}.preview.leo.example.com");
  const hosts: Record<string, string | null | undefined> = {
    [`${id}.preview.leo.example.com`]: id,
    [`${id}.preview.leo.example.com.`]: id,
    "x.preview.leo.example.com": null,
    [`a.${id}.preview.leo.example.com`]: null,
    "preview.leo.example.com": undefined,
    "leo.example.com": undefined,
    [`${id}.preview.leo.example.com.evil.example`]: undefined,
    "10.0.0.7": undefined,
  };
  for (const [host, expected] of Object.entries(hosts)) {
    expect([host, previewHostId(place, host)]).toEqual([host, expected]);
  }
  expect(
    previewHostId(previewPlace("https://leo.example.com/preview/{generationId}/"), `${id}.x`),
  ).toBeUndefined();
  for (const template of [
    "https://x-{generationId}.example.com",
    "https://x.example.com/?id={generationId}",
    "https://x.example.com/{generationId}/",
  ]) {
    expect(() => previewPlace(template)).toThrow("must start with");
  }
});

const makeApp = async (api: TestApi) => {
  const { body } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
    prompt: "notes",
  });
  return body;
};

const countRows = async ({ context }: TestApi) => {
  const { rows } = await context.database.pool.query<{ apps: number; generations: number; events: number }>(
    `select (select count(*)::int from leo.apps) as apps, (select count(*)::int from leo.generations) as generations,
            (select count(*)::int from leo.events) as events`,
  );
  return rows[0];
};

const countObjects = async ({ context }: TestApi, prefix: string) => {
  let count = 0;
  for await (const key of context.storage.list(prefix)) count += key ? 1 : 0;
  return count;
};

test("a deleted app goes with all rows and objects, its neighbour stays", () =>
  withApi(async (api) => {
    const [gone, kept] = [await makeApp(api), await makeApp(api)];
    for (const { generation } of [gone, kept]) {
      await completeGeneration(api, generation.id, { source: { "a.ts": "1" }, dist: { "index.html": "1" } });
    }
    await api.call(api.ann, "DELETE", `/api/apps/${gone.app.id}`);
    await purgeDeletedApps(api.context);
    await purgeDeletedApps(api.context);
    expect(await countRows(api)).toEqual({ apps: 1, generations: 1, events: 1 });
    expect(await countObjects(api, appPrefix(gone.app.id))).toBe(0);
    expect(await countObjects(api, appPrefix(kept.app.id))).toBe(3);
  }));

test("while a task of a deleted app still runs, nothing is removed; when it has ended, all is", () =>
  withApi(async (api) => {
    const { app, generation } = await makeApp(api);
    const { pool, orm } = api.context.database;
    await pool.query("update leo.generations set state = 'running', attempt = 1 where id = $1", [
      generation.id,
    ]);
    const attempt = {
      id: newId(),
      generationId: generation.id,
      number: 1,
      tokenHash: "h",
      vcpu: 4,
      memoryMib: 8192,
    };
    await orm.insert(attempts).values({ ...attempt, launchLeaseUntil: new Date(), deadlineAt: new Date() });
    await putObject(api, `${attemptPrefix(app.id, generation.id, 1)}checkpoint/1.tar.gz`, "x");
    await api.call(api.ann, "DELETE", `/api/apps/${app.id}`);
    await purgeDeletedApps(api.context);
    const { rows } = await pool.query("select cancel_requested_at is not null as asked from leo.generations");
    expect(rows).toEqual([{ asked: true }]);
    expect(await countObjects(api, appPrefix(app.id))).toBe(1);

    await pool.query("update leo.generations set state = 'cancelled', finished_at = now()");
    await purgeDeletedApps(api.context);
    expect((await countRows(api))?.apps).toBe(1);
    await pool.query("update leo.attempts set ended_at = now()");
    await purgeDeletedApps(api.context);
    expect((await countRows(api))?.apps).toBe(0);
    expect(await countObjects(api, appPrefix(app.id))).toBe(0);
  }));

test("a cancel that got lost when an app was deleted is made good by the purge", () =>
  withApi(async (api) => {
    const { generation } = await makeApp(api);
    await api.context.database.pool.query("update leo.apps set deleted_at = now()");
    await purgeDeletedApps(api.context);
    await purgeDeletedApps(api.context);
    expect(generation.state).toBe("queued");
    expect((await countRows(api))?.apps).toBe(0);
  }));
