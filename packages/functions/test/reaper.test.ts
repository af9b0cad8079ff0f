import { DescribeTasksCommand, RunTaskCommand, type ECSClient } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { classifyStop } from "@leo/core/task-stop.ts";
import type { LocalEcs } from "@leo/local/ecs.ts";
import { withEcs } from "@leo/local/testing/ecs.ts";
import { until } from "@leo/local/testing/until.ts";
import { deadlineOf, GRACE_MS, openEcs, reap, stopAll, type ReapReport } from "../src/reap.ts";

const CLUSTER = "leo-local";
const START = new Date("2026-01-01T00:00:00Z");
const later = (ms: number) => new Date(START.getTime() + ms);
const MINUTE_MS = 60_000;

interface Setting {
  ecs: LocalEcs;
  client: ECSClient;
  /** Runs a task and gives its ARN. */
  run: (deadlineAt?: Date, family?: string) => Promise<string>;
  reapAt: (now: Date, dryRun?: boolean) => Promise<ReapReport>;
  /** Reason for which the task is stopped; undefined while it is wanted. */
  stopReason: (taskArn: string) => Promise<string | undefined>;
}

const untilTerminated = async (_: unknown, signal: AbortSignal): Promise<number> => {
  const { promise, resolve } = Promise.withResolvers<number>();
  signal.addEventListener("abort", () => resolve(0));
  return promise;
};

/** An endpoint whose clock stands at START, with the families `leo` and `leo-ada`. */
const withTasks = (run: (setting: Setting) => Promise<void>) =>
  withEcs({ functions: { leo: untilTerminated }, now: () => START }, async (ecs) => {
    const container = { name: "leo", command: ["leo"] };
    for (const family of ["leo", "leo-ada"]) {
      ecs.register({ family, cpu: 4096, memoryMib: 8192, containers: [container] });
    }
    const client = openEcs(ecs.clientConfig);
    const environment = (deadlineAt: Date) => [{ name: "LEO_DEADLINE_AT", value: deadlineAt.toISOString() }];
    try {
      await run({
        ecs,
        client,
        run: async (deadlineAt, taskDefinition = "leo") => {
          const { tasks = [] } = await client.send(
            new RunTaskCommand({
              cluster: CLUSTER,
              taskDefinition,
              networkConfiguration: {
                awsvpcConfiguration: { subnets: ["subnet-1"], securityGroups: ["sg-1"] },
              },
              overrides: {
                containerOverrides: deadlineAt ? [{ name: "leo", environment: environment(deadlineAt) }] : [],
              },
            }),
          );
          return tasks[0]?.taskArn ?? "";
        },
        reapAt: (now, dryRun = false) => reap(client, { cluster: CLUSTER, family: "leo", now, dryRun }),
        stopReason: async (taskArn) => {
          const { tasks = [] } = await client.send(
            new DescribeTasksCommand({ cluster: CLUSTER, tasks: [taskArn] }),
          );
          return tasks[0]?.stoppedReason;
        },
      });
    } finally {
      client.destroy();
    }
  });

test("a task past its deadline and the grace time is stopped with Leo's own reason", () =>
  withTasks(async ({ run, reapAt, stopReason }) => {
    const taskArn = await run(later(10 * MINUTE_MS));
    const report = await reapAt(later(10 * MINUTE_MS + GRACE_MS + 1));
    expect(report).toEqual({ seen: 1, overdue: [taskArn], failed: [] });
    const reason = await until("the stop's reason", () => stopReason(taskArn));
    expect(reason).toBe("leo:deadline (reaper)");
    expect(classifyStop({ stoppedReason: reason, containers: [] })).toMatchObject({
      class: "stopped_by_leo",
      failure: { code: "deadline" },
    });
  }));

test("a task within its deadline, or within the grace time after it, goes on", () =>
  withTasks(async ({ run, reapAt, stopReason }) => {
    const taskArn = await run(later(10 * MINUTE_MS));
    expect(await reapAt(later(10 * MINUTE_MS + GRACE_MS))).toEqual({ seen: 1, overdue: [], failed: [] });
    expect(await stopReason(taskArn)).toBeUndefined();
  }));

test("a task that names no deadline has the longest one", () =>
  withTasks(async ({ run, reapAt }) => {
    const taskArn = await run();
    expect((await reapAt(later(LIMITS.deadlineMs + GRACE_MS))).overdue).toEqual([]);
    expect((await reapAt(later(LIMITS.deadlineMs + GRACE_MS + 1))).overdue).toEqual([taskArn]);
  }));

test("a deadline in the far future does not keep a task", () => {
  const overrides = (value: string) => ({
    containerOverrides: [{ name: "leo", environment: [{ name: "LEO_DEADLINE_AT", value }] }],
  });
  const longest = START.getTime() + LIMITS.deadlineMs;
  expect(deadlineOf({ createdAt: START, overrides: overrides("2036-01-01T00:00:00Z") })).toBe(longest);
  expect(deadlineOf({ createdAt: START, overrides: overrides("soon") })).toBe(longest);
});

test("a task that is too new to have a time of creation is judged by its own deadline alone", () => {
  const environment = [{ name: "LEO_DEADLINE_AT", value: START.toISOString() }];
  const overrides = { containerOverrides: [{ name: "leo", environment }] };
  expect(deadlineOf({ overrides })).toBe(START.getTime());
  expect(deadlineOf({})).toBe(Number.POSITIVE_INFINITY);
});

test("another stage's tasks in the cluster are left alone", () =>
  withTasks(async ({ run, reapAt, stopReason }) => {
    const taskArn = await run(START, "leo-ada");
    expect(await reapAt(later(LIMITS.deadlineMs * 2))).toEqual({ seen: 0, overdue: [], failed: [] });
    expect(await stopReason(taskArn)).toBeUndefined();
  }));

test("a dry run says what it would stop, and stops nothing", () =>
  withTasks(async ({ run, reapAt, stopReason }) => {
    const taskArn = await run(START);
    expect((await reapAt(later(GRACE_MS + 1), true)).overdue).toEqual([taskArn]);
    expect(await stopReason(taskArn)).toBeUndefined();
  }));

test("more tasks than a page are all found and stopped", () =>
  withTasks(async ({ ecs, run, reapAt }) => {
    const taskArns: string[] = [];
    for (let count = 0; count < 205; count += 1) taskArns.push(await run(START));
    const report = await reapAt(later(GRACE_MS + 1));
    expect(report.seen).toBe(205);
    expect(new Set(report.overdue)).toEqual(new Set(taskArns));
    expect(ecs.tasks().every(({ task }) => task.desiredStatus === "STOPPED")).toBe(true);
  }));

test("throttled calls are repeated", () =>
  withTasks(async ({ ecs, run, reapAt }) => {
    const taskArn = await run(START);
    for (const operation of ["ListTasks", "DescribeTasks", "StopTask"] as const) {
      ecs.faults.add({ kind: "throttle", operation, times: 2 });
    }
    expect(await reapAt(later(GRACE_MS + 1))).toEqual({ seen: 1, overdue: [taskArn], failed: [] });
    expect(ecs.faults.list()).toEqual([]);
  }));

test("a task that cannot be stopped does not keep the others", () =>
  withTasks(async ({ ecs, run, reapAt }) => {
    const taskArns = [await run(START), await run(START)];
    ecs.faults.add({ kind: "access_denied", operation: "StopTask" });
    const report = await reapAt(later(GRACE_MS + 1));
    expect(report.overdue).toHaveLength(2);
    expect(report.failed).toEqual([
      { taskArn: expect.any(String), reason: expect.stringMatching(/AccessDenied/) },
    ]);
    const stopped = ecs.tasks().filter(({ task }) => task.desiredStatus === "STOPPED");
    expect(stopped.map(({ task }) => task.arn)).toEqual(
      taskArns.filter((taskArn) => taskArn !== report.failed[0]?.taskArn),
    );
  }));

test("an account without generators is no trouble", () =>
  withTasks(async ({ reapAt }) => {
    expect(await reapAt(START)).toEqual({ seen: 0, overdue: [], failed: [] });
  }));

test("when a stage is removed all its generators are stopped, and it waits until they are gone", () =>
  withTasks(async ({ ecs, client, run, stopReason }) => {
    const taskArns = [await run(later(10 * MINUTE_MS)), await run()];
    const foreign = await run(START, "leo-ada");
    const report = await stopAll(client, { cluster: CLUSTER, family: "leo", waitMs: 60_000, intervalMs: 5 });
    expect(new Set(report.stopped)).toEqual(new Set(taskArns));
    expect(report.stopping).toBe(0);
    const left = ecs.tasks().filter(({ task }) => task.lastStatus !== "STOPPED");
    expect(left.map(({ task }) => task.arn)).toEqual([foreign]);
    expect(await stopReason(taskArns[0] ?? "")).toBe("leo:orphan (stage removed)");
  }));
