import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import type { FaultInput } from "../src/ecs/faults.ts";
import { until } from "../src/testing/until.ts";
import { withBucket } from "../src/testing/bucket.ts";
import { leo, script, withLeo } from "./ecs-helpers.ts";

interface TaskEvent {
  source: string;
  "detail-type": string;
  resources: string[];
  detail: {
    taskArn: string;
    lastStatus: string;
    version: number;
    stopCode?: string;
    createdAt: string;
    stoppedAt?: string;
    containers: { name: string; exitCode?: number }[];
  };
}

/** Runs one task that exits 0 and gives its events in the order in which the queue got them. */
const eventsOfOneTask = async (...faults: FaultInput[]): Promise<TaskEvent[]> =>
  withBucket(async ({ clientConfig, queueUrl }) => {
    const sqs = new SQSClient(clientConfig);
    const received: TaskEvent[] = [];
    const receive = async (): Promise<boolean> => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return true;
      received.push(...Messages.map(({ Body }) => JSON.parse(Body ?? "") as TaskEvent));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      return false;
    };
    await withLeo(
      leo(script("leo", "")),
      async ({ ecs, runTask, reaches }) => {
        ecs.faults.add(...faults);
        await reaches(await runTask(), "STOPPED");
        await ecs.eventsSent();
        await until("an empty queue", receive);
      },
      { queueUrl, functions: { leo: async () => 0 } },
    );
    sqs.destroy();
    return received;
  });

const statuses = (events: TaskEvent[]) => events.map(({ detail }) => detail.lastStatus);
const versions = (events: TaskEvent[]) => events.map(({ detail }) => detail.version);

test("every change is an EventBridge event in the queue, with rising versions and ISO times", async () => {
  const events = await eventsOfOneTask();
  expect([...new Set(statuses(events))]).toEqual(
    expect.arrayContaining(["PROVISIONING", "PENDING", "DEPROVISIONING", "STOPPED"]),
  );
  expect(versions(events)).toEqual(versions(events).toSorted((a, b) => a - b));
  const last = events.at(-1);
  expect(last).toMatchObject({
    source: "aws.ecs",
    "detail-type": "ECS Task State Change",
    resources: [last?.detail.taskArn],
    detail: { lastStatus: "STOPPED", stopCode: "EssentialContainerExited", containers: [{ exitCode: 0 }] },
  });
  expect(new Date(last?.detail.stoppedAt ?? "").toISOString()).toBe(last?.detail.stoppedAt);
});

test("events may come twice", async () => {
  const events = versions(await eventsOfOneTask({ kind: "event_duplicate", times: 2 }));
  expect(events.length - new Set(events).size).toBe(2);
});

test("events may be lost", async () => {
  expect(statuses(await eventsOfOneTask({ kind: "event_drop", times: 100 }))).toEqual([]);
});

test("events may come out of order", async () => {
  const events = versions(await eventsOfOneTask({ kind: "event_reorder" }));
  expect(events.slice(0, 2)).toEqual([2, 1]);
});
