/** Postgres, S3, SQS and the clock failing under running generations. Each fault ends with the audit. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { databaseTimes } from "../../src/timeouts.ts";
import type { Balancer } from "./balancer.ts";
import { withOwnPostgres } from "./postgres.ts";
import { QUICK_TAKEOVER, SCALE } from "./scale.ts";
import { withWorld } from "./world.ts";

const { connectionCuts, load, outageMs, silences, statementMs, timeoutMs } = SCALE;
/** What a busy machine may add to a time. */
const SLACK_MS = 10_000;
const SCRIPT = "happy events=100 rate=50";

const goAway = async (door: Balancer) => {
  door.setGone(true);
  await sleep(outageMs);
  door.setGone(false);
};

test("Postgres: every connection cut, restarted, crashed, gone for a while", { timeout: timeoutMs }, () =>
  withOwnPostgres(({ url, door, restart }) =>
    withWorld({ postgresUrl: url, settings: QUICK_TAKEOVER }, async (world) => {
      await world.start();
      const faults = {
        cut: async () => {
          for (let cut = 0; cut < connectionCuts; cut += 1) {
            await sleep(250);
            door.cutAll();
          }
        },
        restarted: () => restart("fast"),
        crashed: () => restart("crash"),
        gone: () => goAway(door),
      };
      for (const fault of Object.values(faults)) {
        await world.underWay(await world.submitMany(load, SCRIPT));
        await fault();
        await world.audit();
      }
      expect(await world.outcomes()).toEqual({ completed: load * Object.keys(faults).length });
    }),
  ),
);

test("S3 and SQS are gone for a while", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    await world.start();
    await world.underWay(await world.submitMany(load, SCRIPT));
    // Some upload and some publish while it is away.
    await sleep(1_000);
    await goAway(world.storage);
    await world.audit();
    expect(await world.outcomes()).toEqual({ completed: load });
  }),
);

test("a failover of Postgres in which notifications are lost for good", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    await Promise.all([world.start(), world.start()]);
    const ids = await world.submitMany(load, SCRIPT);
    await world.underWay(ids);
    // The connections that listen stay open and hear nothing more; all others are cut.
    expect(world.postgres.deafen("leo-listener")).toBe(2);
    expect(world.postgres.cut("leo-orchestrator")).toBeGreaterThan(1);
    // Through both orchestrators, so some browser reads where its generator is not connected.
    for (const id of ids) for (let page = 0; page < 3; page += 1) world.browse(id);
    const cancelled = await world.submit("slow events=1000");
    await world.submitMany(load, SCRIPT);
    await world.reaches(cancelled, "running");
    await world.cancel(cancelled);
    await world.audit();
    expect(await world.outcomes()).toEqual({ cancelled: 1, completed: 2 * load });
  }),
);

test(
  "the network to Postgres falls silent, and both sides wait on open connections",
  { timeout: timeoutMs },
  () =>
    withWorld({ settings: { ...QUICK_TAKEOVER, LEO_STATEMENT_MS: String(statementMs) } }, async (world) => {
      const orchestrator = await world.start();
      const { silentMs } = databaseTimes(statementMs);
      const givenUp = () =>
        orchestrator.output().split(`the database has been silent for ${silentMs / 1_000} s`).length - 1;
      for (let silence = 0; silence < silences; silence += 1) {
        await world.underWay(await world.submitMany(load, SCRIPT));
        const before = givenUp();
        expect(world.postgres.isolate("leo-listener")).toBe(1);
        expect(world.postgres.isolate("leo-orchestrator")).toBeGreaterThan(0);
        const wait = { timeout: silentMs + SLACK_MS };
        await expect.poll(givenUp, wait).toBeGreaterThan(before);
        await world.audit();
      }
      expect(await world.outcomes()).toEqual({ completed: load * silences });
      // Nobody was taken for dead because the database was.
      expect(world.ecs.tasks()).toHaveLength(load * silences);
    }),
);

test("the wall clock jumps an hour ahead, then two back", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    const orchestrator = await world.start();
    for (let jump = 0; jump < 2; jump += 1) {
      await world.underWay(await world.submitMany(load, SCRIPT));
      await orchestrator.jumpClock();
      await world.submitMany(load, SCRIPT);
      await world.audit();
    }
    expect(await world.outcomes()).toEqual({ completed: 4 * load });
    // Nobody was taken for silent, late or overdue.
    expect(world.ecs.tasks()).toHaveLength(4 * load);
  }),
);
