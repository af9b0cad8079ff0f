import {
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type RunTaskCommandInput,
} from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { until } from "../src/testing/until.ts";
import {
  FOREVER,
  leo,
  logOf,
  NETWORK,
  script,
  untilTerminated,
  withLeo,
  type Setting,
} from "./ecs-helpers.ts";

const functions = { leo: untilTerminated };

const withIdleLeo = async (run: (setting: Setting) => Promise<void>): Promise<void> =>
  withLeo(leo(script("leo", "")), run, { functions });

const input = (rest: Partial<RunTaskCommandInput> = {}): RunTaskCommandInput => ({
  cluster: "leo-local",
  taskDefinition: "leo",
  networkConfiguration: NETWORK,
  ...rest,
});

test("RunTask answers with a task in PROVISIONING that carries what was asked for", async () => {
  await withIdleLeo(async ({ runTask, reaches }) => {
    const started = await runTask({
      startedBy: "leo/attempt-1",
      tags: [{ key: "generation", value: "g1" }],
      overrides: { memory: "16384" },
    });
    expect(started).toMatchObject({
      lastStatus: "PROVISIONING",
      desiredStatus: "RUNNING",
      startedBy: "leo/attempt-1",
      group: "family:leo",
      cpu: "4096",
      memory: "16384",
      launchType: "FARGATE",
      version: 1,
    });
    expect(started.createdAt).toBeInstanceOf(Date);
    const running = await reaches(started, "RUNNING");
    expect(running.tags).toEqual([{ key: "generation", value: "g1" }]);
    expect(running.taskDefinitionArn).toMatch(/task-definition\/leo:1$/);
    expect(running.version).toBeGreaterThan(1);
  });
});

test("count starts several tasks, at most ten", async () => {
  await withIdleLeo(async ({ client }) => {
    const { tasks } = await client.send(new RunTaskCommand(input({ count: 3 })));
    expect(new Set(tasks?.map(({ taskArn }) => taskArn)).size).toBe(3);
    await expect(client.send(new RunTaskCommand(input({ count: 11 })))).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });
});

test("a family runs its newest active revision; an inactive one is a ClientException", async () => {
  await withIdleLeo(async ({ ecs, runTask }) => {
    ecs.register(leo(script("leo", "")));
    expect((await runTask()).taskDefinitionArn).toMatch(/leo:2$/);
    ecs.deregister("leo:2");
    expect((await runTask()).taskDefinitionArn).toMatch(/leo:1$/);
    await expect(runTask({ taskDefinition: "leo:2" })).rejects.toMatchObject({
      name: "ClientException",
      message: "TaskDefinition is inactive",
    });
    await expect(runTask({ taskDefinition: "other" })).rejects.toThrow("TaskDefinition not found.");
  });
});

test("the same clientToken with the same parameters is one task", async () => {
  await withIdleLeo(async ({ client, ecs }) => {
    const send = async () => client.send(new RunTaskCommand(input({ clientToken: "attempt-1" })));
    const [first, second] = await Promise.all([send(), send()]);
    const third = await send();
    const arns = [first, second, third].map(({ tasks }) => tasks?.[0]?.taskArn);
    expect(new Set(arns).size).toBe(1);
    expect(ecs.tasks()).toHaveLength(1);
  });
});

test("the same clientToken with other parameters is a conflict that names the task", async () => {
  await withIdleLeo(async ({ client }) => {
    const { tasks } = await client.send(new RunTaskCommand(input({ clientToken: "attempt-1" })));
    await expect(
      client.send(new RunTaskCommand(input({ clientToken: "attempt-1", startedBy: "someone else" }))),
    ).rejects.toMatchObject({ name: "ConflictException", resourceIds: [tasks?.[0]?.taskArn] });
  });
});

test("a replayed clientToken replays a failure too, a new token tries again", async () => {
  await withIdleLeo(async ({ ecs, client }) => {
    ecs.faults.add({ kind: "capacity" });
    const send = async (clientToken: string) => client.send(new RunTaskCommand(input({ clientToken })));
    expect((await send("one")).failures).toHaveLength(1);
    expect((await send("one")).failures).toHaveLength(1);
    expect((await send("two")).tasks).toHaveLength(1);
  });
});

test("overrides over 8,192 characters are refused, JSON included", async () => {
  await withIdleLeo(async ({ runTask }) => {
    const withValue = (value: string) => ({
      overrides: { containerOverrides: [{ name: "leo", environment: [{ name: "TEXT", value }] }] },
    });
    const frame = JSON.stringify(withValue("").overrides).length;
    await expect(runTask(withValue("x".repeat(8_193 - frame)))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Container Overrides length must be at most 8192",
    });
    await expect(runTask(withValue("x".repeat(8_192 - frame)))).resolves.toBeDefined();
  });
});

test("what Fargate would refuse is refused", async () => {
  await withIdleLeo(async ({ runTask }) => {
    await expect(runTask({ networkConfiguration: undefined })).rejects.toThrow("Network Configuration");
    await expect(runTask({ cluster: "other" })).rejects.toMatchObject({ name: "ClusterNotFoundException" });
    await expect(runTask({ overrides: { memory: "100" } })).rejects.toMatchObject({
      name: "ClientException",
    });
    await expect(runTask({ startedBy: "x".repeat(129) })).rejects.toThrow("startedBy");
    await expect(runTask({ clientToken: "x".repeat(65) })).rejects.toThrow("clientToken");
    await expect(runTask({ overrides: { containerOverrides: [{ name: "nobody" }] } })).rejects.toThrow(
      "nobody",
    );
    await expect(
      runTask({ launchType: "FARGATE", capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] }),
    ).rejects.toThrow("launch type and capacity provider");
  });
});

test("a capacity provider strategy names the provider on the task", async () => {
  await withIdleLeo(async ({ runTask }) => {
    const strategy = [{ capacityProvider: "FARGATE_SPOT", weight: 1 }];
    expect((await runTask({ capacityProviderStrategy: strategy })).capacityProviderName).toBe("FARGATE_SPOT");
  });
});

test("the account's vCPU quota answers with a failure and frees when a task stops", async () => {
  await withLeo(
    leo(script("leo", "")),
    async ({ client, reaches }) => {
      const { tasks } = await client.send(new RunTaskCommand(input()));
      const refused = await client.send(new RunTaskCommand(input()));
      expect(refused.failures?.[0]?.reason).toMatch(/^You've reached the limit on the number of vCPUs/);
      const [task = {}] = tasks ?? [];
      await client.send(new StopTaskCommand({ cluster: "leo-local", task: task.taskArn }));
      await reaches(task, "STOPPED");
      expect((await client.send(new RunTaskCommand(input()))).tasks).toHaveLength(1);
    },
    { functions, vcpuQuota: 6 },
  );
});

test("ListTasks filters by family, startedBy and desired status, in pages", async () => {
  await withIdleLeo(async ({ client, runTask, reaches }) => {
    const mine = await runTask({ startedBy: "mine" });
    await runTask({ startedBy: "yours" });
    const gone = await runTask();
    await client.send(new StopTaskCommand({ cluster: "leo-local", task: gone.taskArn }));
    await reaches(gone, "STOPPED");
    const list = async (filter: object) =>
      client.send(new ListTasksCommand({ cluster: "leo-local", ...filter }));
    expect((await list({ startedBy: "mine" })).taskArns).toEqual([mine.taskArn]);
    expect((await list({ desiredStatus: "STOPPED" })).taskArns).toEqual([gone.taskArn]);
    expect((await list({ family: "other" })).taskArns).toEqual([]);
    const first = await list({ family: "leo", maxResults: 1 });
    const second = await list({ family: "leo", maxResults: 1, nextToken: first.nextToken });
    expect([...(first.taskArns ?? []), ...(second.taskArns ?? [])]).toHaveLength(2);
    expect(second.nextToken).toBeUndefined();
    await expect(list({ startedBy: "mine", family: "leo" })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });
});

test("a container sees the definition and the overrides, and nothing else of this process", async () => {
  process.env.LEO_TEST_PARENT_ONLY = "secret";
  const print = "console.log(JSON.stringify(process.env))";
  const definition = leo({
    ...script("leo", print, { environment: { BASE: "http://127.0.0.1:{{port:gateway}}", KEEP: "1" } }),
    secrets: { HIDDEN: "for this container only" },
  });
  await withLeo(definition, async ({ ecs, runTask, reaches }) => {
    const environment = [{ name: "KEEP", value: "2" }];
    const task = await runTask({ overrides: { containerOverrides: [{ name: "leo", environment }] } });
    await reaches(task, "STOPPED");
    const seen = JSON.parse(await logOf(ecs.logDir, task)) as Record<string, string>;
    expect(seen).toMatchObject({ KEEP: "2", HIDDEN: "for this container only", PATH: process.env.PATH });
    expect(seen.BASE).toMatch(/^http:\/\/127\.0\.0\.1:\d{4,5}$/);
    expect(Object.keys(seen).toSorted()).toEqual(
      ["BASE", "HIDDEN", "HOME", "KEEP", "LEO_LOCAL_TASK", "PATH", "TMPDIR"].toSorted(),
    );
    expect(JSON.stringify(task)).not.toContain("for this container only");
  });
  delete process.env.LEO_TEST_PARENT_ONLY;
});

test("a port placeholder is one port in all containers of a task and another in the next task", async () => {
  const print = `console.log(process.env.PORT); ${FOREVER}`;
  const environment = { PORT: "{{port:gateway}}" };
  const definition = leo(script("leo", print, { environment }), script("gateway", print, { environment }));
  await withLeo(definition, async ({ ecs, runTask, reaches }) => {
    const ports = async (): Promise<string[]> => {
      const task = await reaches(await runTask(), "RUNNING");
      const logs = ["leo", "gateway"].map(async (name) =>
        until(`output of ${name}`, async () => (await logOf(ecs.logDir, task, name)).trim() || undefined),
      );
      return Promise.all(logs);
    };
    const [first, second] = [await ports(), await ports()];
    expect(first[0]).toBe(first[1]);
    expect(second[0]).toBe(second[1]);
    expect(first[0]).not.toBe(second[0]);
  });
});
