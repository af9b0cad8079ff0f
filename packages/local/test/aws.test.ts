import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { GENERATOR_ACCESS_KEY_ID } from "../src/aws.ts";
import { withBucket } from "../src/testing/bucket.ts";

test("a create-only upload never overwrites", async () => {
  await withBucket(async ({ bucket, clientConfig }) => {
    const s3 = new S3Client(clientConfig);
    const put = async (body: string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: "apps/a", Body: body, IfNoneMatch: "*" }));
    await put("first");
    await expect(put("second")).rejects.toMatchObject({ name: "PreconditionFailed" });
    const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "apps/a" }));
    expect(await stored.Body?.transformToString()).toBe("first");
    s3.destroy();
  });
});

test("the generator's key creates objects and may do nothing else", async () => {
  await withBucket(async ({ bucket, clientConfig }) => {
    const credentials = { accessKeyId: GENERATOR_ACCESS_KEY_ID, secretAccessKey: "local" };
    const s3 = new S3Client({ ...clientConfig, credentials });
    const object = { Bucket: bucket, Key: "apps/b" };
    await expect(s3.send(new PutObjectCommand({ ...object, Body: "x" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
    await s3.send(new PutObjectCommand({ ...object, Body: "x", IfNoneMatch: "*" }));
    await expect(s3.send(new GetObjectCommand(object))).rejects.toMatchObject({ name: "AccessDenied" });
    s3.destroy();
  });
});
