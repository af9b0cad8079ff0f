import { ECSClient, ListTasksCommand, RunTaskCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { classifyStop, StoppedTask } from "@leo/core/task-stop.ts";
import { expect, test } from "vitest";
import type { FaultInput } from "../src/ecs/faults.ts";
import type { TestEcsOptions } from "../src/testing/ecs.ts";
import { FOREVER, leo, NETWORK, script, untilTerminated, withLeo, type Setting } from "./ecs-helpers.ts";

const withIdleLeo = async (
  run: (setting: Setting) => Promise<void>,
  options: TestEcsOptions = {},
): Promise<void> => withLeo(leo(script("leo", "")), run, { functions: { leo: untilTerminated }, ...options });

const runTaskInput = { cluster: "leo-local", taskDefinition: "leo", networkConfiguration: NETWORK };

test.each<[FaultInput, RegExp]>([
  [{ kind: "capacity" }, /^Capacity is unavailable at this time/],
  [{ kind: "vcpu_quota" }, /^You've reached the limit on the number of vCPUs/],
  [{ kind: "failure", reason: "RESOURCE:MEMORY" }, /^RESOURCE:MEMORY$/],
  [{ kind: "failure", reason: "AGENT" }, /^AGENT$/],
])("%j is HTTP 200 with a failure and no task, once", async (fault, reason) => {
  await withIdleLeo(async ({ ecs, client }) => {
    ecs.faults.add(fault);
    const refused = await client.send(new RunTaskCommand(runTaskInput));
    expect(refused.$metadata.httpStatusCode).toBe(200);
    expect(refused.tasks).toEqual([]);
    expect(refused.failures?.[0]?.reason).toMatch(reason);
    expect(ecs.tasks()).toEqual([]);
    expect((await client.send(new RunTaskCommand(runTaskInput))).tasks).toHaveLength(1);
  });
});

test("an empty answer has neither tasks nor failures", async () => {
  await withIdleLeo(async ({ ecs, client }) => {
    ecs.faults.add({ kind: "empty" });
    expect(await client.send(new RunTaskCommand(runTaskInput))).toMatchObject({ tasks: [], failures: [] });
  });
});

test.each<[FaultInput, object]>([
  [{ kind: "throttle" }, { name: "ThrottlingException", message: "Rate exceeded" }],
  [{ kind: "server_error" }, { name: "ServerException", $fault: "server" }],
  [{ kind: "access_denied" }, { name: "AccessDeniedException" }],
  [
    { kind: "exception", name: "PlatformUnknownException", message: "no such platform" },
    { name: "PlatformUnknownException", message: "no such platform" },
  ],
])("%j is that exception, and nothing is started", async (fault, expected) => {
  await withIdleLeo(async ({ ecs, client }) => {
    ecs.faults.add(fault);
    await expect(client.send(new RunTaskCommand(runTaskInput))).rejects.toMatchObject(expected);
    expect(ecs.tasks()).toEqual([]);
  });
});

test("a fault counts down over its number of calls and leaves other operations alone", async () => {
  await withIdleLeo(async ({ ecs, client, runTask }) => {
    ecs.faults.add({ kind: "throttle", operation: "StopTask", times: 2 });
    const { taskArn } = await runTask();
    const stop = async () => client.send(new StopTaskCommand({ cluster: "leo-local", task: taskArn }));
    await expect(stop()).rejects.toMatchObject({ name: "ThrottlingException" });
    await expect(stop()).rejects.toMatchObject({ name: "ThrottlingException" });
    expect((await stop()).task?.desiredStatus).toBe("STOPPED");
    expect(ecs.faults.list()).toEqual([]);
  });
});

test("a lost reply has started the task: the same token finds it, and so does startedBy", async () => {
  await withIdleLeo(async ({ ecs, client }) => {
    ecs.faults.add({ kind: "lost_reply" });
    const call = new RunTaskCommand({ ...runTaskInput, clientToken: "attempt-1", startedBy: "attempt-1" });
    await expect(client.send(call)).rejects.toThrow(/socket hang up|ECONNRESET/);
    const listed = await client.send(new ListTasksCommand({ cluster: "leo-local", startedBy: "attempt-1" }));
    const again = await client.send(call);
    expect(listed.taskArns).toEqual([again.tasks?.[0]?.taskArn]);
    expect(ecs.tasks()).toHaveLength(1);
  });
});

test("a dropped request has started nothing, and the SDK's own retry makes one task of it", async () => {
  await withIdleLeo(async ({ ecs }) => {
    ecs.faults.add({ kind: "dropped_request" }, { kind: "server_error" });
    const retrying = new ECSClient({ ...ecs.clientConfig, maxAttempts: 3 });
    await retrying.send(new RunTaskCommand(runTaskInput));
    expect(ecs.tasks()).toHaveLength(1);
    retrying.destroy();
  });
});

test("slow provisioning holds the task, and StopTask ends the wait", async () => {
  await withIdleLeo(async ({ ecs, client, runTask, reaches, describe }) => {
    ecs.faults.add({ kind: "slow_provisioning", delayMs: 3_600_000 });
    const task = await runTask();
    expect((await describe(task)).lastStatus).toBe("PROVISIONING");
    await client.send(
      new StopTaskCommand({ cluster: "leo-local", task: task.taskArn, reason: "leo:start-timeout" }),
    );
    const stopped = await reaches(task, "STOPPED");
    expect(stopped).toMatchObject({ stopCode: "UserInitiated", stoppedReason: "leo:start-timeout" });
    expect(stopped.containers?.[0]?.exitCode).toBeUndefined();
    expect(stopped.startedAt).toBeUndefined();
  });
});

test.each<[FaultInput, object]>([
  [
    { kind: "image_pull", transient: true },
    { class: "image_transient", retry: true },
  ],
  [{ kind: "image_pull" }, { class: "image_fatal", retry: false }],
  [{ kind: "resource_initialization" }, { class: "bootstrap", retry: true }],
  [{ kind: "network_timeout" }, { class: "infrastructure", retry: true }],
])("%j fails the start in the words that the lifecycle knows", async (fault, verdict) => {
  await withIdleLeo(async ({ ecs, runTask, reaches }) => {
    ecs.faults.add(fault);
    const stopped = await reaches(await runTask(), "STOPPED");
    expect(stopped.stopCode).toBe("TaskFailedToStart");
    expect(classifyStop(StoppedTask.parse(stopped))).toMatchObject(verdict);
  });
});

test.each<[FaultInput, object, number | undefined]>([
  [{ kind: "oom" }, { class: "out_of_memory", moreMemory: true }, 137],
  [{ kind: "spot" }, { class: "spot", onDemand: true }, 143],
  [{ kind: "host_lost" }, { retry: true }, undefined],
])("%j befalls a running task in the words that the lifecycle knows", async (fault, verdict, exitCode) => {
  const definition = leo(script("sandbox", FOREVER), script("leo", FOREVER));
  await withLeo(definition, async ({ ecs, runTask, reaches }) => {
    ecs.faults.add(fault);
    const stopped = await reaches(await runTask(), "STOPPED");
    expect(classifyStop(StoppedTask.parse(stopped))).toMatchObject(verdict);
    expect(stopped.containers?.[0]?.exitCode).toBe(exitCode);
  });
});

test("a task fault may wait for the task of one attempt", async () => {
  await withIdleLeo(async ({ ecs, runTask, reaches }) => {
    ecs.faults.add({ kind: "network_timeout", startedBy: "attempt-2" });
    await reaches(await runTask({ startedBy: "attempt-1" }), "RUNNING");
    const failed = await reaches(await runTask({ startedBy: "attempt-2" }), "STOPPED");
    expect(failed.stopCode).toBe("TaskFailedToStart");
  });
});

test("faults are set over HTTP, too, for an endpoint in another process", async () => {
  await withLeo(leo(script("leo", FOREVER)), async ({ ecs, client, runTask, reaches }) => {
    const post = async (path: string, body?: unknown) =>
      fetch(new URL(path, ecs.url), { method: "POST", body: JSON.stringify(body) });
    expect(await (await post("/_faults", [{ kind: "capacity" }])).json()).toEqual([
      { kind: "capacity", times: 1 },
    ]);
    expect((await client.send(new RunTaskCommand(runTaskInput))).failures).toHaveLength(1);
    expect((await post("/_faults", { kind: "nonsense" })).status).toBe(400);
    await post("/_faults", { kind: "throttle" });
    await fetch(new URL("/_faults", ecs.url), { method: "DELETE" });
    const task = await reaches(await runTask(), "RUNNING");
    await post(`/_tasks/${task.taskArn?.split("/").at(-1)}/oom`);
    expect((await reaches(task, "STOPPED")).containers?.[0]).toMatchObject({
      exitCode: 137,
      reason: "OutOfMemoryError: Container killed due to memory usage",
    });
    const fromPage = await fetch(new URL("/_faults", ecs.url), { headers: { origin: "http://example.com" } });
    expect(fromPage.status).toBe(403);
  });
});

test("with its limits on, the endpoint throttles a burst of reads", async () => {
  // No token is refilled while the burst arrives, however long that takes.
  const standing = new Date();
  const options = { limitCalls: true, now: () => standing };
  await withIdleLeo(async ({ client }) => {
    const reads = Array.from({ length: 130 }, async () =>
      client.send(new ListTasksCommand({ cluster: "leo-local" })),
    );
    const rejected = (await Promise.allSettled(reads)).filter(({ status }) => status === "rejected");
    expect(rejected).toHaveLength(30);
    expect(rejected[0]).toMatchObject({ reason: { name: "ThrottlingException" } });
  }, options);
});
