/** Orchestrators that die, are replaced, and work side by side. Each test ends with the audit. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { QUICK_TAKEOVER, SCALE } from "./chaos/scale.ts";
import { seededRandom } from "./chaos/seed.ts";
import { withWorld } from "./chaos/world.ts";

const { kills, load, timeoutMs } = SCALE;
/** Some die while they start, the others this long after they began to serve. */
const DIES_STARTING_SHARE = 0.25;
const STARTING_MS = 1_000;
const SERVING_MS = 1_500;

test("kill -9 at random moments under load", { timeout: timeoutMs }, () =>
  withWorld({ settings: QUICK_TAKEOVER }, async (world) => {
    const random = seededRandom();
    const submitted: Promise<string[]>[] = [];
    let current = await world.start();
    for (let kill = 0; kill < kills; kill += 1) {
      submitted.push(world.submitMany(Math.ceil(load / 4), "happy events=40 rate=40"));
      if (random() < DIES_STARTING_SHARE) await sleep(random() * STARTING_MS);
      else {
        await current.healthy();
        await sleep(random() * SERVING_MS);
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
