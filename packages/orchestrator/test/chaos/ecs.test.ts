/** An ECS that refuses, errs, forgets its answers and loses tasks. Each test ends with the audit. */
import { expect, test } from "vitest";
import type { FaultInput } from "@leo/local/ecs/faults.ts";
import { PRESETS } from "@leo/mock/scripted-generator/script.ts";
import { LONG, QUICK_TAKEOVER, SCALE } from "./scale.ts";
import { withWorld } from "./world.ts";

const { load, timeoutMs } = SCALE;

const ANSWERS: FaultInput[] = [
  { kind: "throttle", times: 3 },
  { kind: "server_error", times: 3 },
  { kind: "dropped_request", times: 2 },
  { kind: "lost_reply", times: 2 },
  { kind: "capacity", times: 2 },
  { kind: "vcpu_quota" },
  { kind: "failure", reason: "RESOURCE:ENI" },
  { kind: "empty" },
  { kind: "exception", name: "ClientException", message: "TaskDefinition is inactive" },
  { kind: "throttle", operation: "DescribeTasks", times: 2 },
  { kind: "server_error", operation: "ListTasks", times: 2 },
  { kind: "lost_reply", operation: "StopTask" },
  { kind: "event_duplicate", times: 8 },
  { kind: "event_reorder", times: 8 },
  // Found by the next reconcile pass.
  { kind: "event_drop", times: 3 },
];

test(
  "throttles, 5xx, capacity, quota, lost answers; events lost, doubled and out of order",
  { timeout: timeoutMs },
  () =>
    withWorld({ settings: { ...QUICK_TAKEOVER, LEO_QUOTA_PAUSE_MS: "2000" } }, async (world) => {
      await world.start();
      world.ecs.faults.add(...ANSWERS);
      await world.submitMany(load * 2, "happy events=30 rate=60");
      await world.audit();
      expect(await world.outcomes()).toEqual({ completed: load * 2 });
      const left = world.ecs.faults.list().filter((fault) => !("operation" in fault));
      expect(left).toEqual([]);
    }),
);

/** Each costs one attempt; the second one completes. */
const DEATHS: FaultInput[] = [
  { kind: "slow_provisioning", delayMs: 3_600_000 },
  { kind: "oom", afterMs: 300 },
  { kind: "spot", afterMs: 300 },
  { kind: "host_lost", afterMs: 300 },
  { kind: "image_pull", transient: true },
  { kind: "resource_initialization" },
  { kind: "network_timeout" },
];

test("tasks that never start, die by memory, by Spot, with their host", { timeout: timeoutMs }, () =>
  withWorld({ settings: { ...QUICK_TAKEOVER, LEO_START_TIMEOUT_MS: "4000" } }, async (world) => {
    await world.start();
    world.ecs.faults.add(...DEATHS);
    const ids = await world.submitMany(DEATHS.length, "happy events=40 rate=40");
    await world.audit();
    expect(await world.outcomes()).toEqual({ completed: ids.length });
    expect(world.ecs.tasks()).toHaveLength(2 * DEATHS.length);
  }),
);

test(
  "a launcher dies while RunTask answers and ECS does not list the task yet: the conflict names it",
  { timeout: timeoutMs },
  () =>
    withWorld({ settings: { ...QUICK_TAKEOVER, LEO_LAUNCH_LEASE_MS: "3000" } }, async (world) => {
      const first = await world.start();
      world.ecs.faults.add(
        { kind: "slow_reply", delayMs: 60_000 },
        { kind: "stale_list", times: 1_000 },
        // Or they would name the task first.
        { kind: "event_drop", times: 3 },
      );
      // Its generator speaks only after the launch was adopted.
      world.scripts.push({ ...PRESETS.happy, rate: 40, startDelayMs: LONG ? 30_000 : 12_000 });
      const id = await world.submit("happy");
      await expect.poll(() => world.scripts).toEqual([]);
      await first.kill("SIGKILL");
      await world.start();
      await world.audit();
      expect(await world.outcomes()).toEqual({ completed: 1 });
      expect(world.ecs.tasks()).toHaveLength(1);
      const { rows } = await world.database.pool.query(
        "select launch_count, previous_token_hash is not null as adopted from leo.attempts where generation_id = $1",
        [id],
      );
      expect(rows).toEqual([{ launch_count: 1, adopted: true }]);
    }),
);
