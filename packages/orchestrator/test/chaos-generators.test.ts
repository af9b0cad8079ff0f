/** Generators that misbehave, all at once, each ending as it should; then the audit. */
import { expect, test } from "vitest";
import { PRESETS, type ScriptInput } from "@leo/mock/scripted-generator/script.ts";
import { QUICK_TAKEOVER, SCALE } from "./chaos/scale.ts";
import { withWorld, type World } from "./chaos/world.ts";

const { timeoutMs } = SCALE;

/** So that none waits a real minute. */
const SHORT_WATCHES = {
  LEO_START_TIMEOUT_MS: "5000",
  LEO_HEARTBEAT_LOST_MS: "4500",
  LEO_STALLED_MS: "9000",
  LEO_CANCEL_GRACE_MS: "2000",
  LEO_WATCH_INTERVAL_MS: "200",
};

const cancelOnceRunning = async (world: World, script: string) => {
  const id = await world.submit(script);
  await world.reaches(id, "running");
  await world.cancel(id);
};

test(
  "never ready, silent exit, crash, failure, alive but idle, mute, deaf to a cancel",
  { timeout: timeoutMs },
  () =>
    withWorld({ settings: { ...QUICK_TAKEOVER, ...SHORT_WATCHES } }, async (world) => {
      await world.start();
      // The first attempt never says ready, the second one does.
      const neverReady: ScriptInput = PRESETS["never-ready"];
      world.scripts.push(neverReady);
      const slowly = await world.submit("happy events=10");
      await expect.poll(() => world.scripts).toEqual([]);
      await Promise.all([
        world.submit("silent-exit"),
        world.submit("die"),
        world.submit("fail failure=verify_failed"),
        world.submit("hang events=5"),
        world.submit("mute events=5"),
        cancelOnceRunning(world, "slow events=1000"),
        cancelOnceRunning(world, "ignore-cancel events=5"),
      ]);
      await world.audit();
      expect(await world.outcomes()).toEqual({
        cancelled: 2,
        completed: 1,
        heartbeat_lost: 1,
        internal: 2,
        stalled: 1,
        verify_failed: 1,
      });
      const { rows } = await world.database.pool.query(
        "select number, stop_reason from leo.attempts where generation_id = $1 order by number",
        [slowly],
      );
      expect(rows).toEqual([
        { number: 1, stop_reason: "leo:start-timeout" },
        { number: 2, stop_reason: null },
      ]);
    }),
);
