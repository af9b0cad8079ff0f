/**
 * Faults under load, each ending with the same audit. `npm run chaos` runs the long version
 * (`LEO_CHAOS=long`); `npm test` a short one of the same scenarios.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { FaultInput } from "@leo/local/ecs/faults.ts";
import { runSql } from "@leo/local/testing/database.ts";
import { withWorld, type World } from "./chaos/world.ts";

const LONG = process.env["LEO_CHAOS"] === "long";
const KILLS = LONG ? 50 : 4;
const LOAD = LONG ? 20 : 6;
const TIMEOUT_MS = LONG ? 15 * 60_000 : 300_000;

/** Reproducible pauses: the seed is in the test's name when it fails. */
const seeded = (seed: number) => () => {
  // mulberry32
  seed = (seed + 0x6d2b79f5) | 0;
  let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
  return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
};

const submitMany = (world: World, count: number, script: string) =>
  Promise.all(Array.from({ length: count }, () => world.submit(script)));

describe("orchestrators that die", () => {
  test("kill -9 at random moments under load", { timeout: TIMEOUT_MS }, () =>
    withWorld({}, async (world) => {
      const random = seeded(42);
      let current = await world.start();
      for (let kill = 0; kill < KILLS; kill += 1) {
        await submitMany(world, Math.ceil(LOAD / 4), "happy events=40 rate=40");
        await sleep(random() * 700);
        await current.kill("SIGKILL");
        current = await world.start(current.port);
      }
      await world.audit();
      expect(Object.keys(await world.finalStates())).toEqual(["completed"]);
    }),
  );

  test("SIGTERM during load while a second one starts", { timeout: TIMEOUT_MS }, () =>
    withWorld({}, async (world) => {
      const first = await world.start();
      await submitMany(world, LOAD, "happy events=150 rate=60");
      const [, code] = await Promise.all([world.start(), sleep(300).then(() => first.kill("SIGTERM"))]);
      expect(code).toBe(0);
      await world.audit();
      expect(await world.finalStates()).toEqual({ completed: LOAD });
    }),
  );

  test("two serve the same generations and claim at once", { timeout: TIMEOUT_MS }, () =>
    withWorld({}, async (world) => {
      await Promise.all([world.start(), world.start()]);
      await submitMany(world, LOAD * 2, "cut events=60 rate=200");
      await world.audit();
      expect(await world.finalStates()).toEqual({ completed: LOAD * 2 });
      expect(world.ecs.tasks()).toHaveLength(LOAD * 2);
    }),
  );
});

describe("sockets that break", () => {
  test("every generator socket is cut at every message", { timeout: TIMEOUT_MS }, () =>
    withWorld({}, async (world) => {
      await world.start();
      await submitMany(world, LOAD, "cut-every-message events=15");
      await world.audit();
      expect(await world.finalStates()).toEqual({ completed: LOAD });
    }),
  );

  test("browsers are cut at every event", { timeout: TIMEOUT_MS }, () =>
    withWorld({}, async (world) => {
      await world.start();
      await Promise.all(
        Array.from({ length: LOAD }, () => world.submit("happy events=15 rate=20", { cutEvery: 1 })),
      );
      await world.audit();
      expect(await world.finalStates()).toEqual({ completed: LOAD });
    }),
  );

  test(
    "a generator that resends everything, and one that works while it is cut off",
    { timeout: TIMEOUT_MS },
    () =>
      withWorld({}, async (world) => {
        await world.start();
        await world.submit("resend-all events=60");
        await world.submit("offline");
        await world.audit();
        expect(await world.finalStates()).toEqual({ completed: 2 });
      }),
  );
});

describe("a database that goes away", () => {
  test("every connection is cut again and again", { timeout: TIMEOUT_MS }, () =>
    withWorld({}, async (world) => {
      await world.start();
      await submitMany(world, LOAD, "happy events=100 rate=50");
      for (let cut = 0; cut < (LONG ? 30 : 5); cut += 1) {
        await sleep(250);
        await runSql(
          world.databaseUrl,
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'leo-%'",
        );
      }
      await world.audit();
      expect(await world.finalStates()).toEqual({ completed: LOAD });
    }),
  );
});

describe("an ECS that misbehaves", () => {
  const FAULTS: FaultInput[] = [
    { kind: "throttle", times: 3 },
    { kind: "server_error", times: 3 },
    { kind: "capacity", times: 2 },
    { kind: "lost_reply", times: 2 },
    { kind: "oom" },
    { kind: "spot" },
    { kind: "host_lost" },
    { kind: "event_duplicate", times: 5 },
    { kind: "event_reorder", times: 5 },
    // A lost event waits for the next reconcile pass, a minute later; `watches.test.ts` has a quick case.
    ...(LONG ? [{ kind: "event_drop", times: 2 } as const] : []),
  ];
  test(
    "throttles, errors, lost answers, killed tasks, lost and doubled events",
    { timeout: TIMEOUT_MS },
    () =>
      withWorld({}, async (world) => {
        await world.start();
        world.ecs.faults.add(...FAULTS);
        await submitMany(world, LOAD * 2, "happy events=30 rate=60");
        await world.audit(240_000);
        expect((await world.finalStates())["completed"]).toBe(LOAD * 2);
      }),
  );
});

describe("generators that misbehave", () => {
  test("exit silently, crash, fail and are cancelled: each ends as it should", { timeout: TIMEOUT_MS }, () =>
    withWorld({}, async (world) => {
      await world.start();
      await world.submit("silent-exit");
      await world.submit("die");
      await world.submit("fail");
      const cancelled = await world.submit("slow events=1000");
      await expect
        .poll(
          async () =>
            (await world.database.pool.query("select state from leo.generations where id = $1", [cancelled]))
              .rows[0]?.state,
          { timeout: 40_000 },
        )
        .toBe("running");
      await world.cancel(cancelled);
      await world.audit();
      expect(await world.finalStates()).toEqual({ failed: 3, cancelled: 1 });
    }),
  );
});
