/**
 * Task-state changes from the SQS queue: at least once, unordered. A poll is never broken off: SQS would give
 * its messages to a connection that nobody reads and hide them from everybody else for half a minute.
 */
import { parseJson } from "@leo/core/parse-json.ts";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { z } from "zod";
import type { Context } from "../app-context.ts";
import { observeTask } from "./observation.ts";

const TaskEvent = z.object({
  "detail-type": z.literal("ECS Task State Change"),
  detail: z.object({
    taskArn: z.string(),
    startedBy: z.uuid(),
    lastStatus: z.string(),
    version: z.number(),
    stopCode: z.string().optional(),
    stoppedReason: z.string().optional(),
    containers: z.array(
      z.object({ name: z.string(), exitCode: z.int().nullish(), reason: z.string().optional() }),
    ),
  }),
});

/** Past the end of its poll a queue that has not answered will not: its connection is dead. */
const OVERDUE_MS = 5_000;
const RETRY_MS = 1_000;

const handle = async (context: Context, message: Message): Promise<void> => {
  const parsed = TaskEvent.safeParse(parseJson(message.Body ?? ""));
  if (!parsed.success) {
    // Somebody else's task or event: deleting it is right, it will never be ours.
    context.log.debug(
      { event: "task_event_ignored", issues: parsed.error.issues },
      "not a generator's task event",
    );
    return;
  }
  await observeTask(context, parsed.data.detail);
};

/**
 * Reads the queue until the returned function is called, which waits for the poll under way and handles what
 * it brings. A message that fails stays in the queue.
 */
export const readTaskEvents = (context: Context, queueUrl: string): (() => Promise<void>) => {
  const { config, log } = context;
  const waitSeconds = Math.ceil(config.LEO_TASK_EVENTS_POLL_MS / 1_000);
  const sqs = new SQSClient({
    region: config.AWS_REGION,
    requestHandler: {
      connectionTimeout: OVERDUE_MS,
      requestTimeout: waitSeconds * 1_000 + OVERDUE_MS,
      throwOnRequestTimeout: true,
    },
    // The loop asks again, after it has said why.
    maxAttempts: 1,
  });
  const stopping = new AbortController();

  const receive = async () => {
    const answer = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: waitSeconds,
      }),
    );
    const done: Message[] = [];
    for (const message of answer.Messages ?? []) {
      await handle(context, message).then(
        () => done.push(message),
        (cause: unknown) =>
          log.error({ err: cause, event: "task_event_failed" }, "a task event will come again"),
      );
    }
    if (done.length === 0) return;
    const entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
  };

  const loop = async () => {
    while (!stopping.signal.aborted) {
      try {
        await receive();
      } catch (cause) {
        log.warn({ err: cause, event: "task_queue_unreachable" }, "the task-event queue did not answer");
        await sleep(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };

  const running = loop();
  return async () => {
    stopping.abort();
    await running;
    sqs.destroy();
  };
};
