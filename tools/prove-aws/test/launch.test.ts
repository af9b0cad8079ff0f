/** The launcher and the reader of task events, with a database: from a queued generation to the end of its task. */
import { ECSClient, DescribeTasksCommand } from "@aws-sdk/client-ecs";
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { newId } from "@leo/core/id.ts";
import { attemptPrefix, manifestKey } from "@leo/core/artifact.ts";
import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { openStore } from "../../../packages/generator/src/artifact/store.ts";
import { attempts, generations } from "../../../packages/orchestrator/src/db/schema.ts";
import { createLauncher } from "../../../packages/orchestrator/src/task/launcher.ts";
import { openTaskClient, type TaskClient } from "../../../packages/orchestrator/src/task/client.ts";
import { findUpload } from "../../../packages/orchestrator/src/version/artifact.ts";
import { readTaskEvents } from "../../../packages/orchestrator/src/task/task-events.ts";
import { claim } from "../../../packages/orchestrator/src/generation/claim.ts";
import { openStorage } from "../../../packages/orchestrator/src/storage/s3.ts";
import {
  enqueue,
  withContext,
  type TestContext,
} from "../../../packages/orchestrator/test/support/context.ts";
import type { Cloud } from "../cloud.ts";
import { CLOUDS } from "./support/clouds.ts";

interface Launched {
  context: TestContext;
  tasks: TaskClient;
  attemptId: string;
  generationId: string;
  taskArn: string;
}

const attemptRow = async ({ database }: TestContext, attemptId: string) => {
  const [row] = await database.orm.select().from(attempts).where(eq(attempts.id, attemptId));
  if (!row) throw new Error(`no attempt ${attemptId}`);
  return row;
};

/** Queues a generation, claims it and launches it, as an orchestrator does. */
const withLaunched = (cloud: Cloud, run: (launched: Launched) => Promise<void>): Promise<void> => {
  const settings = {
    AWS_REGION: cloud.env.AWS_REGION ?? "",
    LEO_CLUSTER: cloud.cluster,
    LEO_GENERATOR_FAMILY: cloud.family,
    LEO_GENERATOR_SUBNETS: cloud.subnets.join(","),
    LEO_GENERATOR_SECURITY_GROUPS: cloud.securityGroups.join(","),
    LEO_TASK_EVENTS_POLL_MS: "1000",
    LEO_BUCKET: cloud.bucket,
    LEO_S3_FORCE_PATH_STYLE: "true",
  };
  return withContext(settings, async (context) => {
    const tasks = openTaskClient(context.config);
    const onOutcome = () => undefined;
    const launcher = createLauncher(context, {
      tasks,
      random: () => 0.5,
      backoffMs: 10,
      onOutcome,
      orchestrators: () => 1,
    });
    const generationId = await enqueue(context, newId());
    const [claimed] = await claim(context, 1);
    if (!claimed) throw new Error("nothing was claimed");
    await launcher.launch(claimed);
    const { taskArn } = await attemptRow(context, claimed.id);
    if (taskArn === null) throw new Error("the launch made no task");
    try {
      await run({ context, tasks, attemptId: claimed.id, generationId, taskArn });
    } finally {
      await tasks.stop(taskArn, "the case is over");
      tasks.close();
    }
  });
};

/** Reads the queue of task events until the work is done. */
const whileReading = async (context: TestContext, cloud: Cloud, work: () => Promise<void>) => {
  const stop = readTaskEvents(context, cloud.queueUrl);
  try {
    await work();
  } finally {
    await stop();
  }
};

const withQueue = async (work: (sqs: SQSClient) => Promise<void>) => {
  const sqs = new SQSClient({});
  try {
    await work(sqs);
  } finally {
    sqs.destroy();
  }
};

/** EventBridge's message about a task as ECS describes it now. */
const eventOf = async (cloud: Cloud, taskArn: string): Promise<string> => {
  const ecs = new ECSClient({});
  const { tasks = [] } = await ecs.send(
    new DescribeTasksCommand({ cluster: cloud.cluster, tasks: [taskArn] }),
  );
  ecs.destroy();
  const [task] = tasks;
  return JSON.stringify({ "detail-type": "ECS Task State Change", detail: { version: 1, ...task } });
};

const waiting = async (sqs: SQSClient, QueueUrl: string): Promise<number> => {
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }),
  );
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
};

describe.each(CLOUDS)("a launch, $name", ({ open }) => {
  const within = open();

  test("makes one task, which carries the attempt", () =>
    within((cloud) =>
      withLaunched(cloud, async ({ tasks, attemptId, taskArn }) => {
        expect(await tasks.findByAttempt(attemptId)).toBe(taskArn);
        const [task] = await tasks.describe([taskArn]);
        const [agent] = task?.overrides?.containerOverrides ?? [];
        const variables = Object.fromEntries(
          (agent?.environment ?? []).map(({ name, value }) => [name, value]),
        );
        expect(Object.keys(variables)).toEqual(
          expect.arrayContaining(["LEO_ATTEMPT_TOKEN", "LEO_GENERATION_ID", "LEO_DEADLINE_AT"]),
        );
      }),
    ));

  test("whose launcher died is adopted with the task that it made", () =>
    within((cloud) =>
      withLaunched(cloud, async ({ context, tasks, attemptId, taskArn }) => {
        await context.database.orm.update(attempts).set({ taskArn: null }).where(eq(attempts.id, attemptId));
        const onOutcome = () => undefined;
        const launcher = createLauncher(context, {
          tasks,
          random: () => 0.5,
          backoffMs: 10,
          onOutcome,
          orchestrators: () => 1,
        });
        await launcher.adopt(await attemptRow(context, attemptId));
        expect((await attemptRow(context, attemptId)).taskArn).toBe(taskArn);
      }),
    ));
});

describe.each(CLOUDS)("task events, $name", ({ open }) => {
  const within = open();

  test("the end of a task ends its attempt, and every message is taken from the queue", () =>
    within((cloud) =>
      withLaunched(cloud, ({ context, tasks, attemptId, taskArn }) =>
        withQueue(async (sqs) => {
          await tasks.stop(taskArn, "leo:cancelled");
          await expect.poll(async () => (await tasks.describe([taskArn]))[0]?.lastStatus).toBe("STOPPED");
          const bodies = ["not JSON", JSON.stringify({ a: "stranger's" }), await eventOf(cloud, taskArn)];
          for (const MessageBody of bodies) {
            await sqs.send(new SendMessageCommand({ QueueUrl: cloud.queueUrl, MessageBody }));
          }
          await whileReading(context, cloud, async () => {
            await expect
              .poll(async () => (await attemptRow(context, attemptId)).endedAt)
              .toBeInstanceOf(Date);
            await expect.poll(() => waiting(sqs, cloud.queueUrl)).toBe(0);
          });
        }),
      ),
    ));
});

describe.each(CLOUDS)("an attempt's manifest, $name", ({ open }) => {
  const within = open();

  test("is found where its generator stored it", () =>
    within((cloud) =>
      withLaunched(cloud, async ({ context, generationId }) => {
        const [row] = await context.database.orm
          .select({ appId: generations.appId })
          .from(generations)
          .where(eq(generations.id, generationId));
        const appId = row?.appId ?? "";
        const prefix = attemptPrefix(appId, generationId, 1);
        const storage = openStorage(context.config);
        const stored = { ...context, storage };
        expect(await findUpload(stored, appId, generationId, 1)).toEqual({});
        const store = openStore(cloud.bucket, true);
        const manifest = { version: 1, appId, generationId, attempt: 1, source: [], dist: [], checks: [] };
        await store.create(manifestKey(prefix), Buffer.from(JSON.stringify(manifest)));
        const { artifact } = await findUpload(stored, appId, generationId, 1);
        expect(artifact).toMatchObject({ prefix, manifest });
        store.close();
        storage.close();
      }),
    ));
});
