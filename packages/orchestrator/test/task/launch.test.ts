import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { attemptPrefix, checkpointKey, screenshotKey } from "@leo/core/artifact.ts";
import { newId } from "@leo/core/id.ts";
import type { FaultInput } from "@leo/local/ecs/faults.ts";
import { attempts } from "../../src/db/schema.ts";
import { withOrchestrator } from "../support/orchestrator.ts";
import { sharedOrchestrator, type SharedOrchestrator } from "../support/shared-orchestrator.ts";

const attemptsOf = (leo: SharedOrchestrator, generationId: string) =>
  leo.database.orm
    .select()
    .from(attempts)
    .where(eq(attempts.generationId, generationId))
    .orderBy(attempts.number);

const withShared = sharedOrchestrator();

describe("RunTask's outcomes", () => {
  const passing: [name: string, faults: FaultInput[]][] = [
    ["an error of the service", [{ kind: "server_error", times: 2 }]],
    ["throttling", [{ kind: "throttle", times: 2 }]],
    ["a request that never arrived", [{ kind: "dropped_request" }]],
    ["no capacity for a moment", [{ kind: "capacity", times: 2 }]],
    [
      "RESOURCE and AGENT failures",
      [
        { kind: "failure", reason: "RESOURCE:ENI" },
        { kind: "failure", reason: "AGENT" },
      ],
    ],
    ["neither task nor failure", [{ kind: "empty" }]],
    [
      "an inactive revision, once",
      [{ kind: "exception", name: "ClientException", message: "TaskDefinition is inactive" }],
    ],
  ];
  test.each(passing)("%s: the launch goes on and makes one task", (_name, faults) =>
    withShared(async (leo) => {
      leo.ecs.faults.add(...faults);
      const generation = await leo.submit();
      await leo.task(generation.id);
      expect(leo.ecs.faults.list()).toEqual([]);
      expect(leo.ecs.tasks()).toHaveLength(1);
      expect(await attemptsOf(leo, generation.id)).toHaveLength(1);
    }),
  );

  test("a lost answer does not make a second task", () =>
    withShared(async (leo) => {
      leo.ecs.faults.add({ kind: "lost_reply" });
      const generation = await leo.submit();
      const task = await leo.task(generation.id);
      await expect.poll(async () => (await attemptsOf(leo, generation.id))[0]?.taskArn).toBeTruthy();
      expect(leo.ecs.tasks()).toHaveLength(1);
      expect(task.attempt).toBe(1);
    }));

  test("the vCPU quota puts it back into the queue without using up an attempt", () =>
    withOrchestrator({}, async (leo) => {
      leo.ecs.faults.add({ kind: "vcpu_quota" });
      const generation = await leo.submit();
      await expect
        .poll(async () =>
          (await leo.events(generation.id)).filter((e) => e.type === "state_changed").map((e) => e.state),
        )
        .toEqual(["queued", "starting", "queued"]);
      expect(await leo.generation(generation.id)).toMatchObject({ state: "queued", attempt: 0 });
      expect(await attemptsOf(leo, generation.id)).toEqual([]);
    }));

  const fatal: [name: string, fault: FaultInput][] = [
    ["access denied", { kind: "access_denied" }],
    [
      "a parameter that AWS refuses",
      { kind: "exception", name: "InvalidParameterException", message: "bad" },
    ],
    ["an unknown failure", { kind: "failure", reason: "MISSING" }],
    [
      "a revision that stays inactive",
      { kind: "exception", name: "ClientException", message: "TaskDefinition is inactive", times: 2 },
    ],
  ];
  test.each(fatal)("%s: fails at once and says why to the operator", (_name, fault) =>
    withShared(async (leo) => {
      leo.ecs.faults.add(fault);
      const generation = await leo.submit();
      const failed = await leo.reaches(generation.id, "failed");
      expect(failed.failure?.code).toBe("internal");
      const [attempt] = await attemptsOf(leo, generation.id);
      expect(attempt).toMatchObject({ endedClass: "launch_failed" });
      expect(leo.ecs.tasks()).toEqual([]);
    }),
  );

  test("no capacity on Spot in any subnet: the next capacity provider is asked", () =>
    withOrchestrator({ settings: { LEO_CAPACITY_PROVIDERS: "FARGATE_SPOT,FARGATE" } }, async (leo) => {
      leo.ecs.faults.add({ kind: "capacity", times: 2 });
      const generation = await leo.submit();
      await leo.task(generation.id);
      expect(leo.ecs.tasks().map(({ task }) => task.capacityProviderName)).toEqual(["FARGATE"]);
    }));

  test("no capacity for too long: fails as capacity, after one attempt", () =>
    withOrchestrator({ settings: { LEO_CAPACITY_RETRY_MS: "500" } }, async (leo) => {
      leo.ecs.faults.add({ kind: "capacity", times: 1_000 });
      const generation = await leo.submit();
      const failed = await leo.reaches(generation.id, "failed");
      expect(failed).toMatchObject({ attempt: 1, failure: { code: "capacity" } });
    }));

  test("a conflict that names no task: the next token is used", () =>
    withShared(async (leo) => {
      leo.ecs.faults.add({ kind: "exception", name: "ConflictException", message: "other parameters" });
      const generation = await leo.submit();
      await leo.task(generation.id);
      expect((await attemptsOf(leo, generation.id)).map(({ launchCount }) => launchCount)).toEqual([2]);
    }));
});

describe("how tasks end", () => {
  const retried: [name: string, fault: FaultInput, code: string][] = [
    ["killed for its memory", { kind: "oom", times: 2 }, "out_of_memory"],
    ["Spot interruption", { kind: "spot", times: 2 }, "interrupted"],
    ["the host is lost", { kind: "host_lost", times: 2 }, "interrupted"],
    ["an image pull that timed out", { kind: "image_pull", transient: true, times: 2 }, "image_pull"],
    ["a secret that could not be read", { kind: "resource_initialization", times: 2 }, "internal"],
    ["no network interface", { kind: "network_timeout", times: 2 }, "interrupted"],
  ];
  test.each(retried)("%s: tried once more, then failed with its own code", (_name, fault, code) =>
    withShared(async (leo) => {
      leo.ecs.faults.add(fault);
      const generation = await leo.submit();
      const failed = await leo.reaches(generation.id, "failed");
      expect(failed).toMatchObject({ attempt: 2, failure: { code } });
      const rows = await attemptsOf(leo, generation.id);
      expect(rows.map(({ endedAt }) => endedAt !== null)).toEqual([true, true]);
    }),
  );

  test("after a memory failure the next attempt gets 16 GB", () =>
    withShared(async (leo) => {
      leo.ecs.faults.add({ kind: "oom" });
      const generation = await leo.submit();
      await leo.task(generation.id, 2);
      expect((await attemptsOf(leo, generation.id)).map(({ memoryMib }) => memoryMib)).toEqual([
        8192, 16_384,
      ]);
    }));

  test("after a Spot interruption the next attempt runs on demand", () =>
    withOrchestrator({ settings: { LEO_CAPACITY_PROVIDERS: "FARGATE_SPOT" } }, async (leo) => {
      leo.ecs.faults.add({ kind: "spot" });
      const generation = await leo.submit();
      await leo.task(generation.id, 2);
      expect(leo.ecs.tasks().map(({ task }) => task.capacityProviderName)).toEqual([
        "FARGATE_SPOT",
        "FARGATE",
      ]);
    }));

  test("an image that does not exist is not tried again", () =>
    withShared(async (leo) => {
      leo.ecs.faults.add({ kind: "image_pull", transient: false });
      const generation = await leo.submit();
      expect(await leo.reaches(generation.id, "failed")).toMatchObject({
        attempt: 1,
        failure: { code: "image_pull" },
      });
    }));

  test("exit 0 without a result is not a success", () =>
    withOrchestrator({ agent: async () => 0 }, async (leo) => {
      const generation = await leo.submit();
      expect(await leo.reaches(generation.id, "failed")).toMatchObject({
        attempt: 2,
        failure: { code: "internal" },
      });
    }));

  test("a manifest proves that work unheard of was done", () =>
    withShared(async (leo) => {
      const generation = await leo.submit();
      const task = await leo.task(generation.id);
      await leo.putManifest(generation, 1);
      task.exit(0);
      const done = await leo.reaches(generation.id, "completed");
      expect(done.attempt).toBe(1);
    }));

  test("a manifest that names another run's objects is none", () =>
    withShared(async (leo) => {
      const generation = await leo.submit();
      const task = await leo.task(generation.id);
      const foreign = attemptPrefix(newId(), newId(), 1);
      await leo.putManifest(generation, 1, {
        checkpoint: { key: checkpointKey(foreign, 1), sizeBytes: 1 },
      });
      task.exit(0);
      const second = await leo.task(generation.id, 2);
      await leo.putManifest(generation, 2, { screenshot: screenshotKey(foreign) });
      second.exit(0);
      expect((await leo.reaches(generation.id, "failed")).failure?.code).toBeDefined();
    }));

  test("duplicate and reordered task events change nothing twice", () =>
    withOrchestrator({}, async (leo) => {
      leo.ecs.faults.add({ kind: "event_reorder", times: 2 }, { kind: "event_duplicate", times: 6 });
      const generation = await leo.submit();
      const first = await leo.task(generation.id);
      first.exit(1);
      (await leo.task(generation.id, 2)).exit(1);
      await leo.reaches(generation.id, "failed");
      await leo.ecs.eventsSent();
      const states = (await leo.events(generation.id)).flatMap((event) =>
        event.type === "state_changed" ? [event.state] : [],
      );
      expect(states).toEqual(["queued", "starting", "queued", "starting", "failed"]);
    }));
});

describe("cancel", () => {
  test("a queued generation ends at once", () =>
    withOrchestrator({ settings: { LEO_VCPU_BUDGET: "1" } }, async (leo) => {
      const generation = await leo.submit();
      await leo.request("POST", `/api/generations/${generation.id}/cancel`);
      expect((await leo.generation(generation.id)).state).toBe("cancelled");
      expect(leo.ecs.tasks()).toEqual([]);
    }));

  test("while the task starts it is stopped, and cancelled only once it is gone", () =>
    withShared(async (leo) => {
      const generation = await leo.submit();
      await leo.task(generation.id);
      await leo.request("POST", `/api/generations/${generation.id}/cancel`);
      await leo.reaches(generation.id, "cancelled");
      expect(leo.ecs.tasks().map(({ task }) => task.lastStatus)).toEqual(["STOPPED"]);
      expect((await attemptsOf(leo, generation.id))[0]).toMatchObject({ stopReason: "leo:cancel" });
    }));
});
