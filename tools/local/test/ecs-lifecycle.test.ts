import { DescribeTasksCommand, StopTaskCommand, type ECSClient, type Task } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { until } from "../src/testing/until.ts";
import { FOREVER, leo, logOf, script, untilTerminated, withLeo } from "./ecs-helpers.ts";

const stop = async (client: ECSClient, task: Task, reason?: string): Promise<Task | undefined> =>
  (await client.send(new StopTaskCommand({ cluster: "leo-local", task: task.taskArn, reason }))).task;

const exitCodes = (task: Task) =>
  Object.fromEntries((task.containers ?? []).map(({ name, exitCode }) => [name, exitCode]));

test("when an essential container exits, the others are stopped and the task says so", async () => {
  const definition = leo(script("leo", "process.exit(3)"), script("gateway", FOREVER));
  await withLeo(definition, async ({ runTask, reaches }) => {
    const task = await reaches(await runTask(), "STOPPED");
    expect(task).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      desiredStatus: "STOPPED",
    });
    expect(exitCodes(task)).toEqual({ leo: 3, gateway: 143 });
    const times = [
      task.createdAt,
      task.pullStartedAt,
      task.stoppingAt,
      task.executionStoppedAt,
      task.stoppedAt,
    ];
    const ordered = times.map((time) => time?.getTime() ?? Number.NaN);
    expect(ordered).toEqual(ordered.toSorted((a, b) => a - b));
  });
});

test("a container that is not essential may exit without ending the task", async () => {
  const definition = leo(
    script("leo", FOREVER, { dependsOn: [{ containerName: "prepare", condition: "SUCCESS" }] }),
    script("prepare", "", { essential: false }),
  );
  await withLeo(definition, async ({ runTask, reaches }) => {
    const task = await reaches(await runTask(), "RUNNING");
    expect(exitCodes(task)).toEqual({ prepare: 0 });
  });
});

test("StopTask sends SIGTERM, keeps the given reason and drops the tags", async () => {
  const polite = `process.on("SIGTERM", () => process.exit(7)); console.log("ready"); ${FOREVER}`;
  await withLeo(leo(script("leo", polite)), async ({ client, ecs, runTask, reaches }) => {
    const task = await reaches(await runTask({ tags: [{ key: "a", value: "b" }] }), "RUNNING");
    await until("the handler", async () => (await logOf(ecs.logDir, task)).includes("ready"));
    const answer = await stop(client, task, "leo:cancel by the user");
    expect(answer).toMatchObject({ desiredStatus: "STOPPED", stoppedReason: "leo:cancel by the user" });
    const stopped = await reaches(task, "STOPPED");
    expect(stopped).toMatchObject({
      stopCode: "UserInitiated",
      stoppedReason: "leo:cancel by the user",
      tags: [],
    });
    expect(exitCodes(stopped)).toEqual({ leo: 7 });
    expect(await stop(client, task, "again")).toMatchObject({ stoppedReason: "leo:cancel by the user" });
  });
});

test("a container that ignores SIGTERM is killed after its stop timeout, exit code 137", async () => {
  const deaf = `process.on("SIGTERM", () => {}); console.log("ready"); ${FOREVER}`;
  await withLeo(
    leo(script("leo", deaf, { stopTimeoutMs: 200 })),
    async ({ client, ecs, runTask, reaches }) => {
      const task = await reaches(await runTask(), "RUNNING");
      await until("the handler", async () => (await logOf(ecs.logDir, task)).includes("ready"));
      await stop(client, task);
      expect(exitCodes(await reaches(task, "STOPPED"))).toEqual({ leo: 137 });
    },
  );
});

test("a dependent starts when its dependency is healthy and stops before it", async () => {
  const order: string[] = [];
  const server = `require("http").createServer((_, r) => r.end()).listen(process.env.PORT, "127.0.0.1");`;
  const definition = leo(
    script("leo", FOREVER, { dependsOn: [{ containerName: "gateway", condition: "HEALTHY" }] }),
    script("gateway", `setTimeout(() => {}, 1e6); ${server}`, {
      environment: { PORT: "{{port:gateway}}" },
      healthCheck: { url: "http://127.0.0.1:{{port:gateway}}/health" },
    }),
  );
  await withLeo(definition, async ({ ecs, client, runTask, reaches }) => {
    const task = await reaches(await runTask(), "RUNNING");
    const [stored] = ecs.tasks();
    for (const {
      definition: { name },
      run,
    } of stored?.task.containers ?? []) {
      void run?.exited.then(() => order.push(name));
    }
    expect(task.containers?.find(({ name }) => name === "gateway")?.healthStatus).toBe("HEALTHY");
    await stop(client, task);
    await reaches(task, "STOPPED");
    expect(order).toEqual(["leo", "gateway"]);
  });
});

test("a dependency that never becomes healthy fails the start", async () => {
  const definition = leo(
    script("leo", FOREVER, { dependsOn: [{ containerName: "gateway", condition: "HEALTHY" }] }),
    script("gateway", FOREVER, { healthCheck: { command: ["false"], retries: 2, intervalMs: 20 } }),
  );
  await withLeo(definition, async ({ runTask, reaches }) => {
    const task = await reaches(await runTask(), "STOPPED");
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(exitCodes(task)).toEqual({ gateway: 143 });
  });
});

test("a program that does not exist fails the start", async () => {
  await withLeo(leo({ name: "leo", command: ["/no/such/program"] }), async ({ runTask, reaches }) => {
    const task = await reaches(await runTask(), "STOPPED");
    expect(task.stopCode).toBe("TaskFailedToStart");
    expect(task.containers?.[0]?.reason).toMatch(/^CannotStartContainerError: .*ENOENT/);
  });
});

test("a stopped task is shown for an hour and is MISSING afterwards", async () => {
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  await withLeo(
    leo(script("leo", "")),
    async ({ client, runTask, reaches }) => {
      const task = await reaches(await runTask(), "STOPPED");
      nowMs += 3_599_000;
      await reaches(task, "STOPPED");
      nowMs += 2_000;
      const { tasks, failures } = await client.send(
        new DescribeTasksCommand({ cluster: "leo-local", tasks: [task.taskArn ?? ""] }),
      );
      expect(tasks).toEqual([]);
      expect(failures).toEqual([{ arn: task.taskArn, reason: "MISSING" }]);
      await expect(stop(client, task)).rejects.toThrow("The referenced task was not found.");
    },
    { now: () => new Date(nowMs), functions: { leo: async () => 0 } },
  );
});

test("DescribeTasks takes at most 100 tasks", async () => {
  await withLeo(leo(script("leo", "")), async ({ client }) => {
    const tasks = Array.from({ length: 101 }, (_, index) => `task-${index}`);
    await expect(
      client.send(new DescribeTasksCommand({ cluster: "leo-local", tasks })),
    ).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });
});

test("hundreds of containers run as functions in this process", async () => {
  const functions = { leo: untilTerminated };
  await withLeo(
    leo(script("leo", "")),
    async ({ ecs, client, runTask }) => {
      await Promise.all(Array.from({ length: 300 }, async () => runTask()));
      await until("300 running", () => ecs.tasks().every(({ task }) => task.lastStatus === "RUNNING"));
      await Promise.all(ecs.tasks().map(async ({ task }) => stop(client, { taskArn: task.arn })));
      await until("all stopped", () => ecs.tasks().every(({ task }) => task.lastStatus === "STOPPED"));
      expect(ecs.tasks().map(({ task }) => task.containers[0]?.exitCode)).toEqual(Array(300).fill(0));
    },
    { functions },
  );
});
