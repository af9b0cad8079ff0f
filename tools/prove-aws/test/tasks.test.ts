/** The orchestrator's ECS client, the launcher and the reaper. */
import { randomUUID } from "node:crypto";
import { ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import { STOP_REASON } from "@leo/core/task-stop.ts";
import { describe, expect, test } from "vitest";
import { GRACE_MS, openEcs, reap } from "../../../packages/functions/src/reap.ts";
import { readConfig } from "../../../packages/orchestrator/src/config.ts";
import {
  openTaskClient,
  type LaunchRequest,
  type TaskClient,
} from "../../../packages/orchestrator/src/task/client.ts";
import { BASE_ENV } from "../../../packages/orchestrator/test/support/context.ts";
import type { Cloud } from "../cloud.ts";
import { CLOUDS } from "./support/clouds.ts";

const configOf = (cloud: Cloud, changes: Record<string, string> = {}) =>
  readConfig({
    ...BASE_ENV,
    LEO_CLUSTER: cloud.cluster,
    LEO_GENERATOR_FAMILY: cloud.family,
    LEO_GENERATOR_SUBNETS: cloud.subnets.join(","),
    LEO_GENERATOR_SECURITY_GROUPS: cloud.securityGroups.join(","),
    ...changes,
  });

const withTasks = async (
  cloud: Cloud,
  run: (tasks: TaskClient, request: LaunchRequest) => Promise<void>,
  changes: Record<string, string> = {},
) => {
  const tasks = openTaskClient(configOf(cloud, changes));
  const attemptId = randomUUID();
  try {
    await run(tasks, {
      attemptId,
      clientToken: `${attemptId}.1`,
      memoryMib: 8_192,
      capacityProvider: "FARGATE",
      subnet: cloud.subnets[0],
      driverEnvironment: { LEO_GENERATION_ID: "g1", LEO_DEADLINE_AT: new Date().toISOString() },
      sandboxEnvironment: { LEO_BUDGET_USD: "5" },
    });
    const left = await tasks.findByAttempt(attemptId);
    if (left) await tasks.stop(left, "the case is over");
  } finally {
    tasks.close();
  }
};

const startedBy = async (tasks: TaskClient, request: LaunchRequest): Promise<string> => {
  const outcome = await tasks.run(request);
  if (outcome.kind !== "started") throw new Error(`RunTask gave ${outcome.kind}: ${outcome.detail}`);
  return outcome.taskArn;
};

const withEcs = async (run: (ecs: ECSClient) => Promise<void>) => {
  const ecs = new ECSClient({ maxAttempts: 1 });
  try {
    await run(ecs);
  } finally {
    ecs.destroy();
  }
};

/** The ARN of a task that is not there, in the same cluster. */
const unknownBeside = (taskArn: string) => taskArn.replace(/[^/]+$/, "0123456789abcdef0123456789abcdef");

describe.each(CLOUDS)("the orchestrator's ECS client, $name", ({ open }) => {
  const within = open();

  test("a task starts with what was asked for", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const taskArn = await startedBy(tasks, request);
        expect(taskArn).toContain(`:task/${cloud.cluster}/`);
        const [task] = await tasks.describe([taskArn]);
        expect(task).toMatchObject({
          startedBy: request.attemptId,
          desiredStatus: "RUNNING",
          group: `family:${cloud.family}`,
          capacityProviderName: "FARGATE",
          overrides: {
            containerOverrides: [
              {
                name: "leo",
                environment: expect.arrayContaining([{ name: "LEO_GENERATION_ID", value: "g1" }]),
              },
              { name: "sandbox", environment: [{ name: "LEO_BUDGET_USD", value: "5" }] },
            ],
          },
        });
      }),
    ));

  test("a task has all containers of its definition and a creation time", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const [task] = await tasks.describe([await startedBy(tasks, request)]);
        expect(task?.containers?.map(({ name }) => name).toSorted()).toEqual(["leo", "sandbox"]);
        expect(task?.createdAt).toBeInstanceOf(Date);
      }),
    ));

  test("more memory is asked for with the task", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const [task] = await tasks.describe([await startedBy(tasks, { ...request, memoryMib: 16_384 })]);
        expect(task?.overrides?.memory).toBe("16384");
        // What the driver has does not grow.
        const sandbox = task?.overrides?.containerOverrides?.find(({ name }) => name === "sandbox");
        expect(sandbox?.memory).toBe(14_848);
      }),
    ));

  test("a task is found by its attempt until it is stopped, and then says why", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const taskArn = await startedBy(tasks, request);
        expect(await tasks.findByAttempt(request.attemptId)).toBe(taskArn);
        expect(await tasks.listRunning()).toContain(taskArn);
        await tasks.stop(taskArn, STOP_REASON.deadline);
        await expect.poll(async () => (await tasks.describe([taskArn]))[0]?.lastStatus).toBe("STOPPED");
        const [task] = await tasks.describe([taskArn]);
        expect(task).toMatchObject({ desiredStatus: "STOPPED", stoppedReason: STOP_REASON.deadline });
        expect(await tasks.listRunning()).not.toContain(taskArn);
      }),
    ));

  test("a stopped task is not found by its attempt", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const taskArn = await startedBy(tasks, request);
        await tasks.stop(taskArn, "enough");
        await expect.poll(() => tasks.findByAttempt(request.attemptId), { timeout: 5_000 }).toBeUndefined();
      }),
    ));

  test("a stopped task has the stop code UserInitiated", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const taskArn = await startedBy(tasks, request);
        await tasks.stop(taskArn, "enough");
        await expect.poll(async () => (await tasks.describe([taskArn]))[0]?.lastStatus).toBe("STOPPED");
        expect((await tasks.describe([taskArn]))[0]?.stopCode).toBe("UserInitiated");
      }),
    ));

  test("a task that ECS does not know is absent", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const taskArn = await startedBy(tasks, request);
        const known = await tasks.describe([unknownBeside(taskArn), taskArn]);
        expect(known.map((task) => task.taskArn)).toEqual([taskArn]);
      }),
    ));

  test("stopping an unknown task is rejected", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const unknown = unknownBeside(await startedBy(tasks, request));
        await expect(tasks.stop(unknown, "no")).rejects.toMatchObject({ name: "InvalidParameterException" });
      }),
    ));

  test("one client token starts one task", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        expect(await startedBy(tasks, request)).toBe(await startedBy(tasks, request));
      }),
    ));

  test("reusing a client token with other parameters conflicts and names the task", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const taskArn = await startedBy(tasks, request);
        const again = { ...request, sandboxEnvironment: { LEO_BUDGET_USD: "6" } };
        expect(await startedBy(tasks, again)).toBe(taskArn);
      }),
    ));

  test("a family that does not exist is a fault of settings", () =>
    within((cloud) =>
      withTasks(
        cloud,
        async (tasks, request) => expect(await tasks.run(request)).toMatchObject({ kind: "fatal" }),
        { LEO_GENERATOR_FAMILY: "nobody" },
      ),
    ));

  test("overrides of more than 8,192 characters are rejected", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const outcome = await tasks.run({ ...request, driverEnvironment: { LONG: "x".repeat(9_000) } });
        expect(outcome).toMatchObject({ kind: "fatal" });
      }),
    ));

  test("startedBy together with another filter is rejected", () =>
    within((cloud) =>
      withEcs(async (ecs) => {
        const filter = { cluster: cloud.cluster, startedBy: "a", family: cloud.family };
        await expect(ecs.send(new ListTasksCommand(filter))).rejects.toMatchObject({
          name: "InvalidParameterException",
        });
      }),
    ));

  test("a cluster that does not exist is a fault of settings", () =>
    within((cloud) =>
      withEcs(async (ecs) => {
        const nowhere = openTaskClient(configOf(cloud, { LEO_CLUSTER: "nowhere" }));
        const request = { attemptId: randomUUID(), clientToken: randomUUID(), memoryMib: 8_192 };
        const outcome = await nowhere.run({
          ...request,
          capacityProvider: "FARGATE",
          subnet: cloud.subnets[0],
          driverEnvironment: {},
          sandboxEnvironment: {},
        });
        expect(outcome).toMatchObject({ kind: "fatal" });
        await expect(ecs.send(new ListTasksCommand({ cluster: "nowhere" }))).rejects.toMatchObject({
          name: "ClusterNotFoundException",
        });
        nowhere.close();
      }),
    ));
});

describe.each(CLOUDS)("the reaper, $name", ({ open }) => {
  const within = open();

  test("a task past its deadline is stopped, and another family's is left alone", () =>
    within((cloud) =>
      withTasks(cloud, async (tasks, request) => {
        const taskArn = await startedBy(tasks, request);
        const ecs = openEcs();
        const options = { cluster: cloud.cluster, family: cloud.family, dryRun: false };
        const later = new Date(Date.now() + GRACE_MS + 60_000);
        expect((await reap(ecs, { ...options, now: new Date() })).overdue).not.toContain(taskArn);
        expect((await reap(ecs, { ...options, family: "leo-ada", now: later })).overdue).toEqual([]);
        expect((await reap(ecs, { ...options, now: later, dryRun: true })).overdue).toContain(taskArn);
        expect(await tasks.listRunning()).toContain(taskArn);
        const report = await reap(ecs, { ...options, now: later });
        expect(report.overdue).toContain(taskArn);
        expect(report.failed).toEqual([]);
        await expect.poll(() => tasks.listRunning()).not.toContain(taskArn);
        const [task] = await tasks.describe([taskArn]);
        expect(task?.stoppedReason).toBe(`${STOP_REASON.deadline} (reaper)`);
        ecs.destroy();
      }),
    ));
});
