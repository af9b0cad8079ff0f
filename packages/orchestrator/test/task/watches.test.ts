import { eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { attempts } from "../../src/db/schema.ts";
import { openGeneratorSocket, withOrchestrator, type TestOrchestrator } from "../support/orchestrator.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const QUICK = { LEO_WATCH_INTERVAL_MS: "50" };

const runUntilReady = async (leo: TestOrchestrator) => {
  const generation = await leo.submit();
  const task = await leo.task(generation.id);
  const generator = await openGeneratorSocket(task.url, task.token);
  generator.send({ type: "ready", protocol: 1, started: false });
  await generator.first("start_generation");
  return { generation, task, generator };
};

const stopReasons = async (leo: TestOrchestrator, generationId: string) => {
  const rows = await leo.database.orm
    .select()
    .from(attempts)
    .where(eq(attempts.generationId, generationId))
    .orderBy(attempts.number);
  return rows.map(({ stopReason }) => stopReason);
};

describe("what must not last", () => {
  test("a task that never says ready is stopped and tried once more", () =>
    withOrchestrator({ settings: { LEO_START_TIMEOUT_MS: "500", ...QUICK } }, async (leo) => {
      const generation = await leo.submit();
      const failed = await leo.reaches(generation.id, "failed");
      expect(failed).toMatchObject({ attempt: 2, failure: { code: "start_timeout" } });
      expect(await stopReasons(leo, generation.id)).toEqual(["leo:start-timeout", "leo:start-timeout"]);
    }));

  test("a generator that sends no frame is given up", () =>
    withOrchestrator({ settings: { LEO_HEARTBEAT_LOST_MS: "3000", ...QUICK } }, async (leo) => {
      const { generation, generator } = await runUntilReady(leo);
      generator.socket.terminate();
      await leo.task(generation.id, 2);
      expect(await stopReasons(leo, generation.id)).toEqual(["leo:heartbeat-lost", null]);
    }));

  test("an agent that does nothing while its generator is alive is stalled", () =>
    withOrchestrator({ settings: { LEO_STALLED_MS: "1500", ...QUICK } }, async (leo) => {
      const { generation, generator } = await runUntilReady(leo);
      let n = 0;
      const alive = setInterval(() => {
        n += 1;
        generator.send({ type: "messages", messages: [{ n, type: "log", level: "info", text: "alive" }] });
      }, 100);
      await leo.task(generation.id, 2);
      clearInterval(alive);
      expect(n).toBeGreaterThan(5);
      expect(await stopReasons(leo, generation.id)).toEqual(["leo:stalled", null]);
    }));

  test("a clock that jumps an hour does not make a generator silent", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock, settings: QUICK }, async (leo) => {
      const { generation } = await runUntilReady(leo);
      const other = await leo.submit();
      await leo.task(other.id);
      clock.aheadMs += HOUR_MS - MINUTE_MS;
      // The same watch stops the one that was cancelled, so it has looked since the jump.
      await leo.request("POST", `/api/generations/${other.id}/cancel`);
      await leo.reaches(other.id, "cancelled");
      expect(await stopReasons(leo, generation.id)).toEqual([null]);
    });
  });

  test("a clock that is set back an hour loses nothing and stops nobody", () => {
    const clock = { aheadMs: HOUR_MS };
    return withOrchestrator({ clock, settings: QUICK }, async (leo) => {
      const { generation, generator } = await runUntilReady(leo);
      clock.aheadMs = 0;
      const later = await leo.submit();
      await leo.task(later.id);
      await leo.putManifest(generation, 1);
      generator.send({ type: "messages", messages: [{ n: 1, type: "all_work_complete" }] });
      await leo.reaches(generation.id, "completed");
      expect(await stopReasons(leo, generation.id)).toEqual([null]);
    });
  });

  test("an hour's run ends at its deadline and is not tried again", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock }, async (leo) => {
      const { generation } = await runUntilReady(leo);
      clock.aheadMs += LIMITS.deadlineMs + 3 * MINUTE_MS;
      const failed = await leo.reaches(generation.id, "failed");
      expect(failed).toMatchObject({ attempt: 1, failure: { code: "deadline" } });
    });
  });

  test("a generator that ignores a cancel is stopped after the grace time, and only then cancelled", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock }, async (leo) => {
      const { generation, generator } = await runUntilReady(leo);
      await leo.request("POST", `/api/generations/${generation.id}/cancel`);
      await generator.first("cancel");
      expect(await leo.generation(generation.id)).toMatchObject({ state: "running" });
      expect((await leo.generation(generation.id)).cancelRequestedAt).toBeDefined();
      clock.aheadMs += LIMITS.cancelGraceMs + 1_000;
      await leo.reaches(generation.id, "cancelled");
      expect(await stopReasons(leo, generation.id)).toEqual(["leo:cancel"]);
    });
  });

  test("a request that waited a day expires with a sentence", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock, settings: { LEO_VCPU_BUDGET: "1" } }, async (leo) => {
      const generation = await leo.submit();
      clock.aheadMs += LIMITS.queueExpiryMs + MINUTE_MS;
      await leo.startAnother({ LEO_VCPU_BUDGET: "1" });
      const failed = await leo.reaches(generation.id, "failed");
      expect(failed.failure).toMatchObject({ code: "expired" });
    });
  });
});

describe("reconciliation", () => {
  test("a task that ended while no orchestrator ran and whose events are lost is found", () =>
    withOrchestrator({}, async (leo) => {
      const generation = await leo.submit();
      const task = await leo.task(generation.id);
      await expect.poll(async () => (await stopReasons(leo, generation.id)).length).toBe(1);
      leo.ecs.faults.add({ kind: "event_drop", times: 10 });
      task.exit(1);
      await expect.poll(() => leo.ecs.tasks()[0]?.task.lastStatus).toBe("STOPPED");
      // A pass runs when an orchestrator starts.
      await leo.startAnother();
      await leo.task(generation.id, 2);
    }));

  test("a task of our family that nobody owns is stopped as an orphan", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock }, async (leo) => {
      const { generation } = await runUntilReady(leo);
      await leo.database.pool.query(
        "update leo.attempts set task_arn = 'arn:another' where generation_id = $1",
        [generation.id],
      );
      clock.aheadMs += 2 * MINUTE_MS;
      await leo.startAnother();
      await expect.poll(() => leo.ecs.tasks()[0]?.task.stoppedReason, { timeout: 40_000 }).toBe("leo:orphan");
    });
  });

  test("a task whose launcher died before it had the answer is no orphan: its attempt gets it", () => {
    const clock = { aheadMs: 0 };
    return withOrchestrator({ clock }, async (leo) => {
      const { generation } = await runUntilReady(leo);
      const taskArn = leo.ecs.tasks()[0]?.task.arn;
      // Nobody adopts it before the reconcile pass sees it.
      await leo.database.pool.query(
        "update leo.attempts set task_arn = null, launch_lease_until = now() + interval '1 day' where generation_id = $1",
        [generation.id],
      );
      clock.aheadMs += 2 * MINUTE_MS;
      await leo.startAnother();
      const found = async () =>
        (await leo.database.orm.select().from(attempts).where(eq(attempts.generationId, generation.id)))[0]
          ?.taskArn;
      await expect.poll(found, { timeout: 40_000 }).toBe(taskArn);
      expect(leo.ecs.tasks().map(({ task }) => task.desiredStatus)).toEqual(["RUNNING"]);
    });
  });

  test("a generator that speaks is not given up because ECS does not list its task yet", () =>
    withOrchestrator({ settings: { LEO_LAUNCH_LEASE_MS: "500" } }, async (leo) => {
      // An event of the task would name it before the list is asked again.
      leo.ecs.faults.add({ kind: "event_drop", times: 1_000 });
      const { generation, generator } = await runUntilReady(leo);
      leo.ecs.faults.add({ kind: "stale_list", times: 3 });
      await leo.database.pool.query(
        "update leo.attempts set task_arn = null, launch_lease_until = now() where generation_id = $1",
        [generation.id],
      );
      const waiting = () => leo.ecs.faults.list().map(({ kind }) => kind);
      await expect.poll(waiting, { timeout: 40_000 }).not.toContain("stale_list");
      const found = async () =>
        (await leo.database.orm.select().from(attempts).where(eq(attempts.generationId, generation.id)))[0]
          ?.taskArn;
      await expect.poll(found, { timeout: 40_000 }).toBeTruthy();
      expect(generator.socket.readyState).toBe(generator.socket.OPEN);
      expect(leo.ecs.tasks()).toHaveLength(1);
    }));
});
