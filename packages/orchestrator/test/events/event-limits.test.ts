/** What one run may write into the database, whatever its generator sends. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { attemptPrefix, sourceKey } from "@leo/core/artifact.ts";
import { FAILURES } from "@leo/core/failure.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { openGeneratorSocket, withOrchestrator, type TestOrchestrator } from "../support/orchestrator.ts";

const usage = (n: number, costUsd: number): NumberedMessage => ({
  n,
  type: "usage",
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd,
});
const lines = (firstN: number, count: number, text = "line"): NumberedMessage[] =>
  Array.from({ length: count }, (_, index) => ({ n: firstN + index, type: "log", level: "info", text }));

/** The few facts that the statements of the queue write themselves. */
const UNCOUNTED_BYTES = 500;

const begin = async (leo: TestOrchestrator) => {
  const generation = await leo.submit();
  const task = await leo.task(generation.id);
  const generator = await openGeneratorSocket(task.url, task.token);
  generator.send({ type: "ready", protocol: 1, started: false });
  await generator.first("start_generation");
  const acked = async (n: number) => {
    await expect.poll(() => generator.received, { timeout: 60_000 }).toContainEqual({ type: "ack", n });
  };
  return { generation, task, generator, acked };
};

const uploadFiles = async ({ bucket }: TestOrchestrator, prefix: string, count: number) => {
  const s3 = new S3Client(bucket.clientConfig);
  for (let index = 0; index < count; index += 1)
    await s3.send(
      new PutObjectCommand({ Bucket: bucket.bucket, Key: sourceKey(prefix, `${index}`), Body: "x" }),
    );
  s3.destroy();
};

/** What the generation has in the table of events. */
const stored = async ({ database }: TestOrchestrator, id: string) => {
  const { rows } = await database.pool.query<{ events: number; bytes: number; counted: number }>(
    `select count(*)::int as events, coalesce(sum(octet_length(body::text)), 0)::int as bytes,
            (select event_bytes::int from leo.generations where id = $1) as counted
     from leo.events where generation_id = $1`,
    [id],
  );
  return rows[0] ?? { events: 0, bytes: 0, counted: 0 };
};

test("a run that writes too many events is asked to stop, leaves its draft, and pays", () =>
  withOrchestrator({ settings: { LEO_RUN_MAX_EVENTS: "200" } }, async (leo) => {
    const { generation, task, generator, acked } = await begin(leo);
    generator.send({ type: "messages", messages: lines(1, 100) });
    await acked(100);
    expect(generator.received.some(({ type }) => type === "cancel")).toBe(false);
    for (let firstN = 101; firstN < 1_001; firstN += 100)
      generator.send({ type: "messages", messages: lines(firstN, 100) });
    await generator.first("cancel");
    const prefix = attemptPrefix(generation.appId, generation.id, 1);
    const s3 = new S3Client(leo.bucket.clientConfig);
    await s3.send(
      new PutObjectCommand({ Bucket: leo.bucket.bucket, Key: sourceKey(prefix, "a.txt"), Body: "abc" }),
    );
    s3.destroy();
    const source = [{ path: "a.txt", sizeBytes: 3, sha256: "0".repeat(64) }];
    await leo.putManifest(generation, 1, { source, partial: true });
    generator.send({
      type: "messages",
      messages: [usage(1_001, 2.5), { n: 1_002, type: "all_work_complete" }],
    });
    await acked(1_002);
    const failed = await leo.reaches(generation.id, "failed");
    task.exit(0);
    expect(failed).toMatchObject({
      failure: { code: "output_too_large", message: FAILURES.output_too_large.message },
      attempt: 1,
      hasDraft: true,
      chargedUsd: 2.5,
    });
    expect((await stored(leo, generation.id)).events).toBeLessThan(210);
    const seqs = (await leo.events(generation.id)).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  }));

test("a flood of bytes stops at the limit, and its generator is stopped if it continues", () => {
  const maxBytes = 1024 * 1024;
  const settings = {
    LEO_RUN_MAX_EVENT_BYTES: String(maxBytes),
    LEO_CANCEL_GRACE_MS: "1000",
    LEO_WATCH_INTERVAL_MS: "100",
  };
  return withOrchestrator({ settings }, async (leo) => {
    const { generation, generator } = await begin(leo);
    generator.send({ type: "messages", messages: [usage(1, 1)] });
    let n = 1;
    let sentBytes = 0;
    const flood = setInterval(() => {
      if (generator.socket.readyState !== generator.socket.OPEN || generator.socket.bufferedAmount > 4e6)
        return;
      generator.send({ type: "messages", messages: lines(n + 1, 40, "x".repeat(20_000)) });
      n += 40;
      sentBytes += 40 * 20_000;
    }, 5);
    const failed = await leo.reaches(generation.id, "failed");
    clearInterval(flood);
    expect(failed).toMatchObject({ failure: { code: "output_too_large" }, attempt: 1, chargedUsd: 1 });
    expect(sentBytes).toBeGreaterThan(5 * maxBytes);
    const { bytes, counted } = await stored(leo, generation.id);
    expect(bytes).toBeLessThan(maxBytes + 10_000);
    expect(Math.abs(counted - bytes)).toBeLessThan(UNCOUNTED_BYTES);
    expect(leo.ecs.tasks().map(({ task }) => task.stoppedReason)).toEqual(["leo:output-too-large"]);
  });
});

test("what is sent again does not count twice", () =>
  withOrchestrator({ settings: { LEO_RUN_MAX_EVENTS: "200" } }, async (leo) => {
    const { generation, generator, acked } = await begin(leo);
    for (let round = 0; round < 20; round += 1) generator.send({ type: "messages", messages: lines(1, 50) });
    generator.send({ type: "messages", messages: lines(1, 100) });
    await acked(100);
    const { bytes, counted } = await stored(leo, generation.id);
    expect(Math.abs(counted - bytes)).toBeLessThan(UNCOUNTED_BYTES);
    expect(generator.received.some(({ type }) => type === "cancel")).toBe(false);
  }));

test("a user who changes a waiting message again and again meets the limit too", () =>
  withOrchestrator({ settings: { LEO_RUN_MAX_EVENT_BYTES: "100000" } }, async (leo) => {
    const { generation } = await begin(leo);
    const path = `/api/generations/${generation.id}/messages`;
    const sent = await leo.request("POST", path, { text: "x" });
    const { messageId } = (await sent.json()) as { messageId: string };
    const change = () => leo.request("PATCH", `${path}/${messageId}`, { text: "x".repeat(15_000) });
    let changed = 0;
    while ((await change()).ok) changed += 1;
    expect(changed).toBeLessThan(8);
    const refused = await leo.request("POST", path, { text: "one more" });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain("as much as a run may");
    expect((await stored(leo, generation.id)).bytes).toBeLessThan(120_000);
  }));

test("a run that uploads too many objects is asked to stop too", () => {
  const settings = { LEO_RUN_MAX_OBJECTS: "5", LEO_OBJECTS_INTERVAL_MS: "200" };
  return withOrchestrator({ settings }, async (leo) => {
    const { generation, generator, acked } = await begin(leo);
    const prefix = attemptPrefix(generation.appId, generation.id, 1);
    await uploadFiles(leo, prefix, 6);
    await generator.first("cancel");
    generator.send({ type: "messages", messages: [usage(1, 1.5), { n: 2, type: "all_work_complete" }] });
    await acked(2);
    const failed = await leo.reaches(generation.id, "failed");
    expect(failed).toMatchObject({ failure: { code: "output_too_large" }, chargedUsd: 1.5 });
  });
});

const fileCount = 7;
const source = Array.from({ length: fileCount }, (_, index) => ({
  path: `${index}`,
  sizeBytes: 1,
  sha256: "0".repeat(64),
}));
const ends: [string, (leo: TestOrchestrator, run: Awaited<ReturnType<typeof begin>>) => Promise<void>][] = [
  [
    "says that it is done",
    async (_leo, { generator, acked }) => {
      generator.send({ type: "messages", messages: [usage(1, 1.5), { n: 2, type: "all_work_complete" }] });
      await acked(2);
    },
  ],
  [
    "is gone without a word",
    async (_leo, { generator, acked, task }) => {
      generator.send({ type: "messages", messages: [usage(1, 1.5)] });
      await acked(1);
      task.exit(0);
    },
  ],
];
test.for(ends)("a run that uploaded too many objects, and %s, is not tried again", ([, end]) =>
  withOrchestrator({ settings: { LEO_RUN_MAX_OBJECTS: "5" } }, async (leo) => {
    const run = await begin(leo);
    await uploadFiles(leo, attemptPrefix(run.generation.appId, run.generation.id, 1), fileCount);
    await leo.putManifest(run.generation, 1, { source });
    await end(leo, run);
    const failed = await leo.reaches(run.generation.id, "failed");
    expect(failed).toMatchObject({ failure: { code: "output_too_large" }, attempt: 1, chargedUsd: 1.5 });
  }),
);
