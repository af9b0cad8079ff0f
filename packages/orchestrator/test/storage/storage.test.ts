import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { withBucket } from "@leo/local/testing/bucket.ts";
import { expect, test } from "vitest";
import { openStorage } from "../../src/storage/s3.ts";
import { ObjectTooLargeError, type Storage } from "../../src/storage/storage.ts";

const withStorage = (
  run: (storage: Storage, put: (key: string, body: string) => Promise<unknown>) => Promise<void>,
) =>
  withBucket(async (bucket) => {
    Object.assign(process.env, bucket.env);
    const s3 = new S3Client(bucket.clientConfig);
    const storage = openStorage({
      AWS_REGION: bucket.region,
      LEO_BUCKET: bucket.bucket,
      LEO_S3_FORCE_PATH_STYLE: true,
    });
    try {
      await run(storage, (Key, body) =>
        s3.send(new PutObjectCommand({ Bucket: bucket.bucket, Key, Body: Buffer.from(body) })),
      );
    } finally {
      storage.close();
      s3.destroy();
    }
  });

const listed = async (storage: Storage, prefix: string) => {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
};

test("an object is read whole, as text or in part; one that is not there is undefined", () =>
  withStorage(async (storage, put) => {
    await put("a/text \u00e4", "hello");
    const whole = await storage.read("a/text \u00e4", { maxBytes: 5 });
    expect(whole).toMatchObject({ sizeBytes: 5, contentRange: undefined });
    expect(await new Response(whole?.body).text()).toBe("hello");
    const part = await storage.read("a/text \u00e4", { maxBytes: 3, range: "bytes=1-3" });
    expect(part).toMatchObject({ sizeBytes: 3, contentRange: "bytes 1-3/5" });
    expect(await new Response(part?.body).text()).toBe("ell");
    expect(await storage.readText("a/text \u00e4", 100)).toBe("hello");
    expect(await storage.read("nope", { maxBytes: 1 })).toBeUndefined();
    expect(await storage.readText("nope", 1)).toBeUndefined();
  }));

test("an object, or a part of one, larger than the reader's limit is not read", () =>
  withStorage(async (storage, put) => {
    await put("a/large", "x".repeat(1_000));
    await expect(storage.read("a/large", { maxBytes: 999 })).rejects.toThrow(ObjectTooLargeError);
    await expect(storage.readText("a/large", 999)).rejects.toThrow("a/large has more than 999 bytes");
    await expect(storage.read("a/large", { maxBytes: 9, range: "bytes=0-9" })).rejects.toThrow(
      ObjectTooLargeError,
    );
    expect(await storage.readText("a/large", 1_000)).toHaveLength(1_000);
  }));

test("a presigned URL reads without credentials, and only that object", () =>
  withStorage(async (storage, put) => {
    await put("a/1", "one");
    await put("a/2", "two");
    const url = await storage.presignRead("a/1", 60);
    expect(await (await fetch(url)).text()).toBe("one");
    expect(new URL(url).searchParams.get("X-Amz-Expires")).toBe("60");
  }));

test("thousands of keys under a prefix are listed and deleted, and no other", () =>
  withStorage(async (storage, put) => {
    const keys = Array.from({ length: 2_100 }, (_, index) => `apps/1/file-${String(index).padStart(5, "0")}`);
    for (let start = 0; start < keys.length; start += 100) {
      await Promise.all(keys.slice(start, start + 100).map((key) => put(key, "x")));
    }
    await put("apps/10/other", "x");
    expect(await listed(storage, "apps/1/")).toEqual(keys);
    await storage.delete(keys);
    expect(await listed(storage, "apps/")).toEqual(["apps/10/other"]);
    await storage.delete(["apps/10/other", "never-was"]);
    await storage.delete([]);
    expect(await listed(storage, "")).toEqual([]);
  }));
