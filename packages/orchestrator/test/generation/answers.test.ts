/** Runs that changed no file and ended in words. */
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { attemptPrefix, checkpointKey, sourceKey } from "@leo/core/artifact.ts";
import type { Generation } from "@leo/core/generation.ts";
import { openGeneratorSocket } from "../support/orchestrator.ts";
import { sharedOrchestrator, type SharedOrchestrator } from "../support/shared-orchestrator.ts";

const withShared = sharedOrchestrator();

const put = async ({ bucket }: SharedOrchestrator, key: string, body: string) => {
  const s3 = new S3Client(bucket.clientConfig);
  await s3.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: key, Body: body }));
  s3.destroy();
};

const begin = async (leo: SharedOrchestrator, { id }: Generation) => {
  const task = await leo.task(id);
  const generator = await openGeneratorSocket(task.url, task.token);
  generator.send({ type: "ready", protocol: 1, started: false });
  return { task, generator, start: await generator.first("start_generation") };
};

interface Ending {
  sessionId?: string;
  /** What the manifest says; the last message always says that the run answered. */
  answered?: boolean;
  /** A file that is uploaded although the manifest names none. */
  upload?: string;
  costUsd?: number;
}

const endRun = async (leo: SharedOrchestrator, generation: Generation, ending: Ending = {}) => {
  const { task, generator } = await begin(leo, generation);
  const prefix = attemptPrefix(generation.appId, generation.id, 1);
  const { sessionId = "s-1", answered = true, upload, costUsd = 0.25 } = ending;
  await put(leo, checkpointKey(prefix, 1), "state");
  if (upload) await put(leo, sourceKey(prefix, upload), "code");
  await leo.putManifest(generation, 1, {
    checkpoint: { key: checkpointKey(prefix, 1), sizeBytes: 5, sessionId },
    ...(answered ? { answered } : {}),
  });
  const tokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
  generator.send({
    type: "messages",
    messages: [
      { n: 1, type: "usage", ...tokens, costUsd },
      { n: 2, type: "all_work_complete", answered: true },
    ],
  });
  return task;
};

const followUp = async (leo: SharedOrchestrator, { appId }: Generation, body: object) => {
  const answer = await leo.request("POST", `/api/apps/${appId}/generations`, body);
  expect(answer.status).toBe(201);
  return (await answer.json()) as Generation;
};

const appOf = async (leo: SharedOrchestrator, { appId }: Generation) => {
  const answer = await leo.request("GET", `/api/apps/${appId}`);
  return ((await answer.json()) as { app: { latest: Generation; previewUrl?: string } }).app;
};

test("a run without changes is answered, charged and makes no version; the reply continues from it", () =>
  withShared(async (leo) => {
    const first = await leo.submit();
    (await endRun(leo, first)).exit(0);
    const ended = await leo.reaches(first.id, "answered");
    expect(ended).toMatchObject({ costUsd: 0.25, finishedAt: expect.any(String) as string });
    expect(ended.failure).toBeUndefined();
    expect(ended.hasDraft).toBeUndefined();
    expect(ended.previewUrl).toBeUndefined();
    expect((await leo.request("GET", `/api/generations/${first.id}/files`)).status).toBe(404);
    const usage = await (await leo.request("GET", "/api/usage")).json();
    expect(usage).toMatchObject({ spentTodayUsd: 0.25, reservedTodayUsd: 0 });

    const second = await followUp(leo, first, { prompt: "In euros." });
    expect(second.baseGenerationId).toBeUndefined();
    (await endRun(leo, second, { answered: false })).exit(0);
    await leo.reaches(second.id, "completed");

    const third = await followUp(leo, first, { prompt: "Why euros?" });
    expect(third.baseGenerationId).toBe(second.id);
    (await endRun(leo, third, { sessionId: "s-3" })).exit(0);
    await leo.reaches(third.id, "answered");

    const fourth = await followUp(leo, first, { prompt: "I see. In dollars then." });
    expect(fourth.baseGenerationId).toBe(second.id);
    const { start, task } = await begin(leo, fourth);
    expect(start.previous).toMatchObject({ generationId: third.id, kind: "version", sessionId: "s-3" });
    await leo.request("POST", `/api/generations/${fourth.id}/cancel`);
    task.exit(0);
    await leo.reaches(fourth.id, "cancelled");
  }));

test("the reply to a first answer gets its session; starting over doesn't; an answer is no base", () =>
  withShared(async (leo) => {
    const first = await leo.submit();
    (await endRun(leo, first)).exit(0);
    await leo.reaches(first.id, "answered");
    const body = { prompt: "Go on.", baseGenerationId: first.id };
    expect((await leo.request("POST", `/api/apps/${first.appId}/generations`, body)).status).toBe(409);

    const reply = await followUp(leo, first, { prompt: "In euros." });
    const { start, task } = await begin(leo, reply);
    expect(start.previous).toMatchObject({ generationId: first.id, kind: "version", sessionId: "s-1" });
    await leo.request("POST", `/api/generations/${reply.id}/cancel`);
    task.exit(0);
    await leo.reaches(reply.id, "cancelled");

    const over = await followUp(leo, first, { prompt: "From nothing.", startOver: true });
    expect((await begin(leo, over)).start.previous).toBeUndefined();
    expect((await appOf(leo, first)).latest.id).toBe(over.id);
  }));

test("the bucket proves an answer: a file disproves it, and a task that died early has still answered", () =>
  withShared(async (leo) => {
    const hiding = await leo.submit();
    (await endRun(leo, hiding, { upload: "src/App.tsx" })).exit(0);
    const again = await leo.task(hiding.id, 2);
    await leo.request("POST", `/api/generations/${hiding.id}/cancel`);
    again.exit(0);
    expect((await leo.reaches(hiding.id, "cancelled")).attempt).toBe(2);

    const silent = await leo.submit();
    const { task: dying } = await begin(leo, silent);
    const prefix = attemptPrefix(silent.appId, silent.id, 1);
    await put(leo, checkpointKey(prefix, 1), "state");
    const checkpoint = { key: checkpointKey(prefix, 1), sizeBytes: 5 };
    await leo.putManifest(silent, 1, { checkpoint, answered: true });
    dying.exit(0);
    await leo.reaches(silent.id, "answered");
  }));
