/** Orchestrators that die, are replaced, and work side by side. Each test ends with the audit. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { QUICK_TAKEOVER, SCALE } from "./scale.ts";
import { seededRandom } from "./seed.ts";
import { withWorld, type World } from "./world.ts";

const { kills, load, timeoutMs } = SCALE;
const SCRIPT = "happy events=40 rate=40";
const EVENTS_EACH = 40;
/** Some die while they start, the others after so many events as chance will have it. */
const DIES_STARTING_SHARE = 0.25;
const STARTING_MS = 1_000;

const countEvents = async ({ database }: World) => {
  const { rows } = await database.pool.query<{ count: number }>(
    "select coalesce(sum(last_seq), 0)::int as count from leo.generations",
  );
  return rows[0]?.count ?? 0;
};

test("kill -9 at random moments under load", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    const random = seededRandom();
    const submitted: Promise<string[]>[] = [];
    const perKill = Math.ceil(load / 4);
    let current = await world.start();
    for (let kill = 0; kill < kills; kill += 1) {
      const submission = world.submitMany(perKill, SCRIPT);
      submitted.push(submission);
      // One that fails is looked at below.
      submission.catch(() => undefined);
      if (random() < DIES_STARTING_SHARE) await sleep(random() * STARTING_MS);
      else {
        // By progress, not by time: on a machine of any speed the load goes on between two deaths.
        const until = (await countEvents(world)) + Math.ceil(random() * perKill * EVENTS_EACH);
        await expect
          .poll(() => countEvents(world), { timeout: 120_000, interval: 10 })
          .toBeGreaterThanOrEqual(until);
      }
      await current.kill("SIGKILL");
      current = await world.spawn(current.port);
    }
    const ids = (await Promise.all(submitted)).flat();
    await world.audit();
    expect(await world.outcomes()).toEqual({ completed: ids.length });
  }),
);

test("SIGTERM during load while a second one starts", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    const first = await world.start();
    await world.submitMany(load, "happy events=150 rate=60");
    const [, code] = await Promise.all([world.start(), first.kill("SIGTERM")]);
    expect(code).toBe(0);
    await world.audit();
    expect(await world.outcomes()).toEqual({ completed: load });
  }),
);

test("two claim at once and serve the same generations", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    await Promise.all([world.start(), world.start()]);
    await world.submitMany(load * 3, "cut events=60 rate=200");
    await world.audit();
    expect(await world.outcomes()).toEqual({ completed: load * 3 });
    // Nobody's task was launched by both.
    expect(world.ecs.tasks()).toHaveLength(load * 3);
  }),
);
