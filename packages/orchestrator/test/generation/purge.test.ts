import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, CreatedApp } from "@leo/core/api.ts";
import { appPrefix, attemptPrefix } from "@leo/core/artifact.ts";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { attempts, audit, orphans } from "../../src/db/schema.ts";
import { noteOrphan } from "../../src/admin/orphans.ts";
import { purgeDeletedApps, purgeExpired, purgeRecords } from "../../src/generation/purge.ts";
import { putObject, withApi, type TestApi } from "../support/api.ts";
import { completeGeneration } from "../support/version.ts";

const DAY_MS = 24 * 3_600_000;

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
    await pool.query("update leo.attempts set ended_at = now(), ended_class = 'crashed'");
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

/** Moves the end of a generation into the past. */
const age = ({ context }: TestApi, id: string, days: number) =>
  context.database.pool.query("update leo.generations set finished_at = $2 where id = $1", [
    id,
    new Date(Date.now() - days * DAY_MS),
  ]);

test("thirty days after its end a generation loses its events and its files, and stays in the list", () =>
  withApi(async (api) => {
    const [old, young] = [await makeApp(api), await makeApp(api)];
    for (const { generation } of [old, young])
      await completeGeneration(api, generation.id, { dist: { "index.html": "1" } });
    await age(api, old.generation.id, 30.1);
    await age(api, young.generation.id, 29.9);
    expect(await purgeExpired(api.context)).toBe(1);
    expect(await purgeExpired(api.context)).toBe(0);
    const events = async ({ generation }: typeof old) =>
      (await api.call<{ events: unknown[] }>(api.ann, "GET", `/api/generations/${generation.id}/events`)).body
        .events.length;
    expect([await events(old), await events(young)]).toEqual([0, 1]);
    const { body } = await api.call<Generation>(api.ann, "GET", `/api/generations/${old.generation.id}`);
    expect(body).toMatchObject({ state: "completed", lastSeq: old.generation.lastSeq });
    expect(body.previewUrl).toBeUndefined();
    const files = await api.call<ApiError>(api.ann, "GET", `/api/generations/${old.generation.id}/files`);
    expect(files.status).toBe(404);
    expect(files.body.error.message).toContain("are gone");
  }));

test("what has not ended is never purged, however old it is", () =>
  withApi(async (api) => {
    await makeApp(api);
    await api.context.database.pool.query("update leo.generations set created_at = to_timestamp(0)");
    expect(await purgeExpired(api.context)).toBe(0);
    expect((await countRows(api))?.events).toBe(1);
  }));

test("more generations than one statement takes are purged in one pass, by two processes at once", () =>
  withApi(async (api) => {
    const { app } = await makeApp(api);
    await api.context.database.pool.query(
      `insert into leo.generations (id, app_id, owner_id, prompt, mode, state, max_attempts, memory_mib, vcpu, finished_at)
       select gen_random_uuid(), app_id, owner_id, prompt, mode, 'cancelled', 2, 8192, 4, to_timestamp(n)
       from leo.generations, generate_series(1, 105) n where app_id = $1`,
      [app.id],
    );
    const counts = await Promise.all([purgeExpired(api.context), purgeExpired(api.context)]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(105);
  }));

/** More than two statements take. */
const MANY_EVENTS = 20_500;

test("more events than one statement takes go with a generation that has expired, and with a deleted app", () =>
  withApi(async (api) => {
    const [old, deleted] = [await makeApp(api), await makeApp(api)];
    const { pool } = api.context.database;
    for (const { generation } of [old, deleted]) {
      await pool.query(
        `insert into leo.events (generation_id, seq, at, type, body)
         select $1, n, now(), 'log', '{"type":"log"}' from generate_series(2, $2::int) n`,
        [generation.id, MANY_EVENTS],
      );
      await pool.query("update leo.generations set state = 'cancelled', finished_at = now() where id = $1", [
        generation.id,
      ]);
    }
    await age(api, old.generation.id, 31);
    expect(await purgeExpired(api.context)).toBe(1);
    expect(await countRows(api)).toEqual({ apps: 2, generations: 2, events: MANY_EVENTS });
    await api.call(api.ann, "DELETE", `/api/apps/${deleted.app.id}`);
    await purgeDeletedApps(api.context);
    expect(await countRows(api)).toEqual({ apps: 1, generations: 1, events: 0 });
  }));

test("a request on a version whose files have expired is refused with a sentence", () =>
  withApi(async (api) => {
    const { app, generation } = await makeApp(api);
    await completeGeneration(api, generation.id, { dist: { "index.html": "1" } });
    await age(api, generation.id, 31);
    await purgeExpired(api.context);
    const { status, body } = await api.call<{ error: { code: string; message: string } }>(
      api.ann,
      "POST",
      `/api/apps/${app.id}/generations`,
      { prompt: "make it blue" },
    );
    expect(status).toBe(409);
    expect(body.error.message).toContain("kept for 30 days");
  }));

const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

const noteRecords = async ({ context }: TestApi, days: number) => {
  const at = daysAgo(days);
  const entry = {
    actorId: newId(),
    action: "intake",
    before: {},
    after: {},
    requestId: String(days),
  } as const;
  await context.database.orm.insert(audit).values({ ...entry, id: newId(), at });
  await noteOrphan({ ...context, now: () => at }, { taskArn: String(days) });
};

const daysLeft = async ({ context: { database } }: TestApi) => ({
  audit: (await database.orm.select({ days: audit.requestId }).from(audit))
    .map(({ days }) => days)
    .toSorted(),
  orphans: (await database.orm.select({ days: orphans.taskArn }).from(orphans))
    .map(({ days }) => days)
    .toSorted(),
});

test("the records of changes and of orphans go after their time, and young entries of the audit never", () =>
  withApi(
    async (api) => {
      for (const days of [0, 89, 99, 101]) await noteRecords(api, days);
      await purgeRecords(api.context);
      expect(await daysLeft(api)).toEqual({ audit: ["0", "89", "99"], orphans: ["0", "89", "99"] });
      // A setting that got past its check: the database still holds on to the audit.
      await purgeRecords({
        ...api.context,
        config: { ...api.context.config, LEO_RECORDS_RETENTION_DAYS: 1 },
      });
      expect(await daysLeft(api)).toEqual({ audit: ["0", "89"], orphans: ["0"] });
    },
    { env: { LEO_RECORDS_RETENTION_DAYS: "100" } },
  ));

test("a record of changes that would be kept for less than 90 days is refused as a setting", () =>
  expect(withApi(async () => undefined, { env: { LEO_RECORDS_RETENTION_DAYS: "89" } })).rejects.toThrow(
    "LEO_RECORDS_RETENTION_DAYS",
  ));
