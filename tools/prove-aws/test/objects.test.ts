/** The generator's uploads and the orchestrator's storage. */
import { randomUUID } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { openStore } from "../../../packages/generator/src/artifact/store.ts";
import type { Storage } from "../../../packages/orchestrator/src/storage/storage.ts";
import { openStorage } from "../../../packages/orchestrator/src/storage/s3.ts";
import type { Cloud } from "../cloud.ts";
import { CLOUDS } from "./support/clouds.ts";

interface Objects {
  /** As a generator stores. */
  create: (key: string, body: string) => Promise<void>;
  storage: Storage;
  s3: S3Client;
  prefix: string;
}

const MAX_BYTES = 1_000;

const withObjects = async (cloud: Cloud, run: (objects: Objects) => Promise<void>) => {
  const store = openStore(cloud.bucket, true);
  const storage = openStorage({
    AWS_REGION: cloud.env.AWS_REGION ?? "",
    LEO_BUCKET: cloud.bucket,
    LEO_S3_FORCE_PATH_STYLE: true,
  });
  const s3 = new S3Client({ forcePathStyle: true });
  const create: Objects["create"] = (key, body) => store.create(key, Buffer.from(body), "text/plain");
  try {
    await run({ create, storage, s3, prefix: `apps/${randomUUID()}/` });
  } finally {
    store.close();
    storage.close();
    s3.destroy();
  }
};

const listed = async (storage: Storage, prefix: string) => {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
};

/** Begins an upload and aborts it. @returns what would have completed it */
const giveUp = async (s3: S3Client, object: { Bucket: string; Key: string }) => {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
  const part = { ...object, UploadId, PartNumber: 1 };
  const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: "part" }));
  await s3.send(new AbortMultipartUploadCommand({ ...object, UploadId }));
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
  return new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload });
};

describe.each(CLOUDS)("the bucket, $name", ({ open }) => {
  const within = open();

  test("an upload never overwrites", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, storage, prefix }) => {
        await create(`${prefix}a`, "first");
        await expect(create(`${prefix}a`, "second")).rejects.toMatchObject({ name: "PreconditionFailed" });
        expect(await storage.readText(`${prefix}a`, MAX_BYTES)).toBe("first");
      }),
    ));

  test("of many uploads of one key at once, one wins", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, prefix }) => {
        const uploads = Array.from({ length: 8 }, (_, index) => create(`${prefix}one`, String(index)));
        const won = (await Promise.allSettled(uploads)).filter(({ status }) => status === "fulfilled");
        expect(won).toHaveLength(1);
      }),
    ));

  test("an object is read whole or in part, and one that is not there is undefined", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, storage, prefix }) => {
        const key = `${prefix}dist/a text ä+&.html`;
        await create(key, "hello");
        expect(await storage.readText(key, MAX_BYTES)).toBe("hello");
        const part = await storage.read(key, { range: "bytes=1-3", maxBytes: MAX_BYTES });
        expect(part).toMatchObject({ sizeBytes: 3, contentRange: "bytes 1-3/5" });
        expect(await new Response(part?.body).text()).toBe("ell");
        expect(await storage.read(`${prefix}nothing`, { maxBytes: MAX_BYTES })).toBeUndefined();
      }),
    ));

  test("a part beyond the end is rejected", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, storage, prefix }) => {
        await create(`${prefix}short`, "hello");
        await expect(
          storage.read(`${prefix}short`, { range: "bytes=99-", maxBytes: MAX_BYTES }),
        ).rejects.toMatchObject({
          name: "InvalidRange",
        });
      }),
    ));

  test("a list has every key under a prefix, page after page", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, storage, prefix }) => {
        // A page has 1,000 keys.
        const keys = Array.from({ length: 1_003 }, (_, index) => `${prefix}source/${index}`);
        for (let start = 0; start < keys.length; start += 50) {
          await Promise.all(keys.slice(start, start + 50).map((key) => create(key, "x")));
        }
        expect((await listed(storage, `${prefix}source/`)).toSorted()).toEqual(keys.toSorted());
        expect(await listed(storage, `${prefix}nothing/`)).toEqual([]);
        await storage.delete(keys);
        expect(await listed(storage, prefix)).toEqual([]);
      }),
    ));

  test("a presigned address serves the object to anybody", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, storage, prefix }) => {
        await create(`${prefix}shot ä.png`, "picture");
        const response = await fetch(await storage.presignRead(`${prefix}shot ä.png`, 60));
        expect([response.status, await response.text()]).toEqual([200, "picture"]);
        const missing = await fetch(await storage.presignRead(`${prefix}nothing`, 60));
        expect(missing.status).toBe(404);
        await missing.arrayBuffer();
      }),
    ));

  test("a copy stays in the bucket, and says when there is nothing to copy", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, storage, prefix }) => {
        await create(`${prefix}from ä+&`, "text");
        expect(await storage.copy(`${prefix}from ä+&`, `${prefix}to`)).toBe(true);
        expect(await storage.readText(`${prefix}to`, MAX_BYTES)).toBe("text");
        expect(await storage.copy(`${prefix}nothing`, `${prefix}to`)).toBe(false);
      }),
    ));

  test("a multipart upload that was given up leaves nothing", () =>
    within((cloud) =>
      withObjects(cloud, async ({ s3, storage, prefix }) => {
        await giveUp(s3, { Bucket: cloud.bucket, Key: `${prefix}big` });
        expect(await listed(storage, prefix)).toEqual([]);
      }),
    ));

  test("an aborted multipart upload cannot be completed", () =>
    within((cloud) =>
      withObjects(cloud, async ({ s3, prefix }) => {
        const late = await giveUp(s3, { Bucket: cloud.bucket, Key: `${prefix}big` });
        await expect(s3.send(late)).rejects.toMatchObject({ name: "NoSuchUpload" });
      }),
    ));

  test("a multipart upload never overwrites", () =>
    within((cloud) =>
      withObjects(cloud, async ({ create, s3, storage, prefix }) => {
        const object = { Bucket: cloud.bucket, Key: `${prefix}big` };
        await create(object.Key, "first");
        const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
        const part = { ...object, UploadId, PartNumber: 1 };
        const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: "second" }));
        const complete = new CompleteMultipartUploadCommand({
          ...object,
          UploadId,
          MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] },
          IfNoneMatch: "*",
        });
        await expect(s3.send(complete)).rejects.toMatchObject({ name: "PreconditionFailed" });
        expect(await storage.readText(object.Key, MAX_BYTES)).toBe("first");
      }),
    ));
});
