/** The reader of the queue of task events, on a real queue. */
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { eq } from "drizzle-orm";
import { pino } from "pino";
import { expect, test } from "vitest";
import { withBucket, type TestBucket } from "@leo/local/testing/bucket.ts";
import { newId } from "@leo/core/id.ts";
import { attempts } from "../../src/db/schema.ts";
import { readTaskEvents } from "../../src/task/task-events.ts";
import { claim } from "../../src/generation/claim.ts";
import { startBalancer } from "../chaos/balancer.ts";
import { enqueue, withContext, type TestContext } from "../support/context.ts";

interface Reading {
  context: TestContext;
  sqs: SQSClient;
  bucket: TestBucket;
}

const withQueue = (run: (reading: Reading) => Promise<void>): Promise<void> =>
  withBucket((bucket) =>
    withContext({ LEO_TASK_EVENTS_POLL_MS: "2000", LEO_VCPU_BUDGET: "8" }, async (context) => {
      const sqs = new SQSClient(bucket.clientConfig);
      // Where AWS is, and as whom: its clients read it from the environment.
      Object.assign(process.env, bucket.env);
      try {
        await run({ context, sqs, bucket });
      } finally {
        sqs.destroy();
      }
    }),
  );

const startAttempt = async (context: TestContext): Promise<string> => {
  await enqueue(context, newId());
  const [attempt] = await claim(context, 1);
  if (!attempt) throw new Error("nothing was claimed");
  return attempt.id;
};

const stopped = (attemptId: string) =>
  JSON.stringify({
    "detail-type": "ECS Task State Change",
    detail: {
      taskArn: "arn:aws:ecs:us-east-1:000000000000:task/leo/1",
      startedBy: attemptId,
      lastStatus: "STOPPED",
      version: 5,
      stopCode: "EssentialContainerExited",
      containers: [{ name: "leo", exitCode: 1 }],
    },
  });

const hasEnded = async ({ database }: TestContext, attemptId: string) => {
  const [row] = await database.orm
    .select({ endedAt: attempts.endedAt })
    .from(attempts)
    .where(eq(attempts.id, attemptId));
  return row?.endedAt instanceof Date;
};

/** Messages that wait, and those that somebody holds. */
const inQueue = async ({ sqs, bucket }: Reading) => {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: bucket.queueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
};

const send = ({ sqs, bucket }: Reading, body: string) =>
  sqs.send(new SendMessageCommand({ QueueUrl: bucket.queueUrl, MessageBody: body }));

test("an event that comes while a reader ends with a poll open is handled, not hidden", () =>
  withQueue(async (reading) => {
    const { context, bucket } = reading;
    const [before, during] = [await startAttempt(context), await startAttempt(context)];
    const stop = readTaskEvents(context, bucket.queueUrl);
    await send(reading, stopped(before));
    await expect.poll(() => hasEnded(context, before)).toBe(true);
    await expect.poll(() => inQueue(reading)).toBe(0);
    // The next poll is open now, or is about to be.
    const ended = stop();
    await send(reading, stopped(during));
    await ended;
    const next = new ReceiveMessageCommand({ QueueUrl: bucket.queueUrl, WaitTimeSeconds: 0 });
    const forOthers = (await reading.sqs.send(next)).Messages ?? [];
    // It is done, or whoever asks next gets it.
    expect(await hasEnded(context, during)).toBe(forOthers.length === 0);
  }));

test("a queue that falls silent on an open connection is asked again", () =>
  withQueue(async (reading) => {
    const { context, bucket } = reading;
    const door = await startBalancer([Number(new URL(bucket.endpoint).port)]);
    const url = new URL(bucket.queueUrl);
    url.port = String(door.port);
    process.env["AWS_ENDPOINT_URL_SQS"] = url.origin;
    const warnings: string[] = [];
    const log = pino({ level: "warn" }, { write: (line) => warnings.push(line) });
    const stop = readTaskEvents({ ...context, log }, url.href);
    try {
      await expect.poll(() => door.isolate("AmazonSQS.ReceiveMessage")).toBe(1);
      await expect.poll(() => warnings.join("")).toContain("task_queue_unreachable");
      const attemptId = await startAttempt(context);
      await send(reading, stopped(attemptId));
      await expect.poll(() => hasEnded(context, attemptId)).toBe(true);
    } finally {
      await stop();
      await door.close();
    }
  }));
