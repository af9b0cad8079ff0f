/** Objects that are nobody's: what finds them, what it leaves alone, and how much of the bucket it reads at once. */
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import type { CreatedApp } from "@leo/core/api.ts";
import { attemptPrefix, checkpointKey, distKey, sourceKey } from "@leo/core/artifact.ts";
import { newId } from "@leo/core/id.ts";
import { attempts, audit, objectWalk } from "../../src/db/schema.ts";
import { endAttempt } from "../../src/generation/attempt.ts";
import { until } from "@leo/local/testing/until.ts";
import { bucketOwnedSince } from "../../src/objects/owner.ts";
import { sweepObjects } from "../../src/objects/sweep.ts";
import { claim } from "../../src/generation/claim.ts";
import { readLoad } from "../../src/metrics/load.ts";
import { putObject, withApi, type TestApi } from "../support/api.ts";
import { openTestDatabase } from "../support/database.ts";
import { completeGeneration } from "../support/version.ts";

/** Every object is old enough, and a walk is always due. */
const AT_ONCE = { LEO_OBJECTS_INTERVAL_MS: "1", LEO_OBJECTS_MIN_AGE_MS: "1" };
const MINUTE_MS = 60_000;

const ask = async (api: TestApi) => {
  const created = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", { prompt: "x" });
  return created.body.generation;
};

const keysOf = async (api: TestApi): Promise<string[]> => {
  const page = await api.s3.send(new ListObjectsV2Command({ Bucket: api.bucket.bucket, Prefix: "apps/" }));
  return (page.Contents ?? []).flatMap(({ Key }) => Key ?? []).toSorted();
};

/** The bucket is this database's before anything is in it. */
const own = async ({ context }: TestApi) => {
  const [walk] = await context.database.orm.insert(objectWalk).values({}).returning();
  expect(await bucketOwnedSince(context, walk?.databaseId ?? "")).toBeInstanceOf(Date);
};

/** A version whose objects are all there, and its prefix. */
const version = async (api: TestApi) => {
  const generation = await ask(api);
  const { prefix } = await completeGeneration(api, generation.id, {
    source: { "a.txt": "source" },
    dist: { "index.html": "<p>", "b/c.js": "1" },
  });
  return { ...generation, prefix };
};

describe("a walk through the bucket", () => {
  test("removes only what belongs to no attempt or isn't named by a version", () =>
    withApi(
      async (api) => {
        await own(api);
        const kept = await version(api);
        const before = await keysOf(api);
        const strays = [
          "apps/free-storage.bin",
          "apps//x",
          `apps/${kept.appId}/notes.txt`,
          attemptPrefix(newId(), newId(), 1) + "dist/index.html",
          // Another app's id before the generation's.
          attemptPrefix(newId(), kept.id, 1) + "dist/index.html",
          attemptPrefix(kept.appId, kept.id, 7) + "source/a.txt",
          `apps/${kept.appId}/${kept.id}/01/source/a.txt`,
          distKey(kept.prefix, "evil.js"),
          `${kept.prefix}manifest.json/x`,
        ];
        for (const key of strays) await putObject(api, key, "12345");
        const removed = await sweepObjects(api.context);
        expect(removed).toMatchObject({ objects: strays.length, sizeBytes: 5 * strays.length });
        expect(await keysOf(api)).toEqual(before);
        const [entry] = await api.context.database.orm.select().from(audit);
        expect(entry).toMatchObject({ action: "objects_removed", actorEmail: "Leo", before: removed });
        expect(api.logged().join("\n")).toContain("objects_removed");
        expect(await sweepObjects(api.context)).toMatchObject({ objects: 0 });
        const load = await readLoad(api.context);
        expect(load.leo_bucket_objects).toEqual([{ labels: {}, value: before.length }]);
        expect(load.leo_bucket_bytes[0]?.value).toBeGreaterThan(10);
      },
      { env: AT_ONCE },
    ));

  test("leaves young objects alone: a version that is being copied has no row yet", () => {
    let aheadMs = 0;
    const now = () => new Date(Date.now() + aheadMs);
    return withApi(
      async (api) => {
        await own(api);
        await putObject(api, attemptPrefix(newId(), newId(), 1) + "dist/index.html", "1");
        expect((await sweepObjects(api.context)).objects).toBe(0);
        aheadMs += 14 * MINUTE_MS;
        expect((await sweepObjects(api.context)).objects).toBe(0);
        aheadMs += 2 * MINUTE_MS;
        expect((await sweepObjects(api.context)).objects).toBe(1);
      },
      { now, env: { LEO_OBJECTS_INTERVAL_MS: "1" } },
    );
  });

  test("in a bucket of another database removes nothing, and says so", () =>
    withApi(
      async (api) => {
        await putObject(api, "leo/database.json", JSON.stringify({ databaseId: newId() }));
        await putObject(api, "apps/stray", "1");
        expect((await sweepObjects(api.context)).objects).toBe(0);
        expect(await keysOf(api)).toEqual(["apps/stray"]);
        expect(api.logged().join("\n")).toContain("bucket_of_another_database");
      },
      { env: AT_ONCE },
    ));

  test("leaves what was in the bucket before its database to expire", () =>
    withApi(
      async (api) => {
        await putObject(api, "apps/older", "1");
        const listed = async () =>
          (await api.s3.send(new ListObjectsV2Command({ Bucket: api.bucket.bucket }))).Contents ?? [];
        const modifiedAt = (await listed())[0]?.LastModified?.getTime() ?? Infinity;
        // A bucket tells times by the second: the database comes in a later one.
        await until("the next second", () => Date.now() >= modifiedAt + 2_000);
        await own(api);
        await putObject(api, "apps/newer", "1");
        expect((await sweepObjects(api.context)).objects).toBe(1);
        expect(await keysOf(api)).toEqual(["apps/older"]);
      },
      { env: AT_ONCE },
    ));

  test("goes in steps that another orchestrator may continue, and one makes a step at a time", () =>
    withApi(
      async (api) => {
        await own(api);
        const versions = [await version(api), await version(api), await version(api)];
        for (const { prefix } of versions) await putObject(api, sourceKey(prefix, "stray"), "1");
        const count = (await keysOf(api)).length;
        const other = openTestDatabase(api.context.config.DATABASE_URL);
        const contexts = [api.context, { ...api.context, database: other }];
        const listed: number[] = [];
        let removed = 0;
        do {
          const steps = await Promise.all(contexts.map((context) => sweepObjects(context, 5)));
          removed += steps.reduce((sum, { objects }) => sum + objects, 0);
          const [walk] = await other.orm.select().from(objectWalk);
          listed.push(walk?.objects ?? 0);
          if (walk?.cursor === "") break;
        } while (listed.length < 10);
        await other.close();
        expect(removed).toBe(versions.length);
        expect(listed.at(-1)).toBe(count);
        expect(listed.length).toBeGreaterThan(1);
      },
      { env: { ...AT_ONCE, LEO_OBJECTS_INTERVAL_MS: "60000" } },
    ));
});

describe("an attempt that uploads more than it may", () => {
  const flood = async (api: TestApi) => {
    const generation = await ask(api);
    const [attempt] = await claim(api.context, 1);
    if (!attempt) throw new Error("nothing was claimed");
    const prefix = attemptPrefix(generation.appId, generation.id, 1);
    for (const number of [1, 2, 10]) await putObject(api, checkpointKey(prefix, number), "state");
    for (let index = 0; index < 150; index += 1) await putObject(api, sourceKey(prefix, `${index}`), "junk");
    return { generation, attempt, prefix };
  };

  test.each([
    ["LEO_RUN_MAX_OBJECTS", "120"],
    ["LEO_RUN_MAX_UPLOAD_BYTES", "300"],
  ])("%s: its run is ended; once it is over only its newest checkpoint is left", (name, limit) =>
    withApi(
      async (api) => {
        await own(api);
        const { attempt, prefix } = await flood(api);
        expect((await sweepObjects(api.context)).objects).toBe(0);
        const [row] = await api.context.database.orm
          .select({ cutAt: attempts.cutAt })
          .from(attempts)
          .where(eq(attempts.id, attempt.id));
        expect(row?.cutAt).toBeInstanceOf(Date);
        await endAttempt(api.context.database.orm, attempt, "crashed", "", new Date());
        expect((await sweepObjects(api.context)).objects).toBe(152);
        expect(await keysOf(api)).toEqual([checkpointKey(prefix, 10)]);
      },
      { env: { ...AT_ONCE, [name]: limit } },
    ),
  );

  test("within its limits it is left alone, also when it ended without a version", () =>
    withApi(
      async (api) => {
        await own(api);
        const { attempt } = await flood(api);
        expect((await sweepObjects(api.context)).objects).toBe(0);
        await endAttempt(api.context.database.orm, attempt, "crashed", "", new Date());
        expect((await sweepObjects(api.context)).objects).toBe(0);
        const [row] = await api.context.database.orm.select().from(attempts);
        expect(row?.cutAt).toBeNull();
      },
      { env: AT_ONCE },
    ));
});
