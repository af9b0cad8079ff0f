import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import path from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { GENERATOR_ACCESS_KEY_ID, startAws, type LocalAws } from "../src/aws.ts";
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

test("a multipart upload by the generator's key is create-only as well", async () => {
  await withBucket(async ({ bucket, clientConfig }) => {
    const credentials = { accessKeyId: GENERATOR_ACCESS_KEY_ID, secretAccessKey: "local" };
    const s3 = new S3Client({ ...clientConfig, credentials });
    const object = { Bucket: bucket, Key: "apps/big" };
    const upload = async () => {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
      const part = { ...object, UploadId, PartNumber: 1 };
      const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: "part" }));
      const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
      return s3.send(
        new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload, IfNoneMatch: "*" }),
      );
    };
    await upload();
    await expect(upload()).rejects.toMatchObject({ name: "PreconditionFailed" });
    s3.destroy();
  });
});

test("of many create-only uploads of one key at once, one wins", async () => {
  await withBucket(async ({ bucket, clientConfig }) => {
    const s3 = new S3Client(clientConfig);
    const puts = Array.from({ length: 20 }, async (_, index) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: "one", Body: String(index), IfNoneMatch: "*" })),
    );
    const won = (await Promise.allSettled(puts)).filter(({ status }) => status === "fulfilled");
    expect(won).toHaveLength(1);
    s3.destroy();
  });
});

test("a key that leaves the bucket is refused, a large object is not", async () => {
  await withBucket(async ({ bucket, endpoint, clientConfig }) => {
    const outside = await fetch(`${endpoint}/${bucket}/apps/..%2F..%2Foutside`, { method: "PUT", body: "x" });
    expect(outside.status).toBe(400);
    const s3 = new S3Client(clientConfig);
    const Body = Buffer.alloc(20 * 1024 * 1024, 1);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "large", Body }));
    const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(listed.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([["large", Body.length]]);
    s3.destroy();
  });
});

const withDataDir = async (run: (dataDir: string) => Promise<void>): Promise<void> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "leo-aws-"));
  await run(dataDir);
  await rm(dataDir, { recursive: true });
};

const clients = ({ url }: LocalAws) => {
  const credentials = { accessKeyId: "LEOTEST", secretAccessKey: "local" };
  const config = { endpoint: url, region: "us-east-1", forcePathStyle: true, credentials };
  return { s3: new S3Client(config), sqs: new SQSClient(config) };
};

test("objects and messages outlive a restart", async () => {
  await withDataDir(async (dataDir) => {
    const first = await startAws({ dataDir });
    first.createBucket("kept");
    const before = clients(first);
    await before.s3.send(new PutObjectCommand({ Bucket: "kept", Key: "apps/a b/ü.txt", Body: "text" }));
    await before.sqs.send(
      new SendMessageCommand({ QueueUrl: first.createQueue("events"), MessageBody: "hello" }),
    );
    await first.stop();

    const second = await startAws({ dataDir });
    second.createBucket("kept");
    const after = clients(second);
    const object = await after.s3.send(new GetObjectCommand({ Bucket: "kept", Key: "apps/a b/ü.txt" }));
    expect(await object.Body?.transformToString()).toBe("text");
    const { Messages } = await after.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: second.createQueue("events") }),
    );
    expect(Messages?.map(({ Body }) => Body)).toEqual(["hello"]);
    await second.stop();
  });
});

test("damaged data is one sentence that says what to do", async () => {
  await withDataDir(async (dataDir) => {
    const first = await startAws({ dataDir });
    await first.stop();
    await writeFile(path.join(dataDir, "fauxqs.db"), "this is no database, whatever else it may be");
    await expect(startAws({ dataDir })).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringMatching(/are damaged .*npm start -- --fresh/) as string,
    });
  });
});

test("nothing listens on the machine's other addresses", async () => {
  const aws = await startAws();
  const { port } = new URL(aws.url);
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  const answers = others.map(
    async ({ address }) =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: address, port: Number(port) });
        socket.once("connect", () => resolve("connected"));
        socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "refused"));
      }),
  );
  expect(await Promise.all(answers)).toEqual(others.map(() => "ECONNREFUSED"));
  await aws.stop();
});
