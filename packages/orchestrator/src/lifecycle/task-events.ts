/** Task-state changes from the SQS queue: at least once, unordered. */
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { z } from "zod";
import type { Context } from "../context.ts";
import { observeTask } from "./observe-task.ts";

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

const LONG_POLL_SECONDS = 20;
const RETRY_MS = 1_000;

const handle = async (context: Context, message: Message): Promise<void> => {
  const parsed = TaskEvent.safeParse(parseBody(message.Body ?? ""));
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

const parseBody = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: the schema refuses it and the caller logs that.
    return undefined;
  }
};

/** Reads the queue until the returned function is called. A message that fails stays in the queue. */
export const readTaskEvents = (context: Context, queueUrl: string): (() => Promise<void>) => {
  const sqs = new SQSClient({ region: context.config.AWS_REGION });
  const stopping = new AbortController();

  const receive = async () => {
    const answer = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: LONG_POLL_SECONDS,
      }),
      { abortSignal: stopping.signal },
    );
    const done: Message[] = [];
    for (const message of answer.Messages ?? []) {
      await handle(context, message).then(
        () => done.push(message),
        (cause: unknown) =>
          context.log.error({ err: cause, event: "task_event_failed" }, "a task event will come again"),
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
        if (stopping.signal.aborted) return;
        context.log.warn(
          { err: cause, event: "task_queue_unreachable" },
          "the task-event queue did not answer",
        );
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
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
