/** Generators that misbehave, each ending as it should; then the audit. */
import { expect, test } from "vitest";
import { PRESETS, type ScriptInput } from "@leo/mock/scripted-generator/script.ts";
import { QUICK_TAKEOVER, SCALE } from "./scale.ts";
import { withWorld, type World } from "./world.ts";

const { timeoutMs } = SCALE;

/** Each test shortens the one watch it is about: on a busy machine the others would end what is only slow. */
const withWatch = (settings: Record<string, string>, run: (world: World) => Promise<void>) =>
  withWorld({ settings: { ...QUICK_TAKEOVER, LEO_WATCH_INTERVAL_MS: "200", ...settings } }, async (world) => {
    await world.start();
    await run(world);
  });

const cancelOnceRunning = async (world: World, script: string) => {
  const id = await world.submit(script);
  await world.reaches(id, "running");
  await world.cancel(id);
};

test("never ready: stopped, and the second attempt completes", { timeout: timeoutMs }, () =>
  withWatch({ LEO_START_TIMEOUT_MS: "10000" }, async (world) => {
    const neverReady: ScriptInput = PRESETS["never-ready"];
    world.scripts.push(neverReady);
    const id = await world.submit("happy events=10");
    await world.audit();
    expect(await world.outcomes()).toEqual({ completed: 1 });
    const { rows } = await world.database.pool.query(
      "select number, stop_reason from leo.attempts where generation_id = $1 order by number",
      [id],
    );
    expect(rows).toEqual([
      { number: 1, stop_reason: "leo:start-timeout" },
      { number: 2, stop_reason: null },
    ]);
  }),
);

test("silent exit, crash, failure, and a cancel that one of two obeys", { timeout: timeoutMs }, () =>
  withWatch({ LEO_CANCEL_GRACE_MS: "2000" }, async (world) => {
    await Promise.all([
      world.submit("silent-exit"),
      world.submit("die"),
      world.submit("fail failure=verify_failed"),
      cancelOnceRunning(world, "slow events=1000"),
      cancelOnceRunning(world, "ignore-cancel events=5"),
    ]);
    await world.audit();
    expect(await world.outcomes()).toEqual({ cancelled: 2, internal: 2, verify_failed: 1 });
  }),
);

test("alive but idle", { timeout: timeoutMs }, () =>
  withWatch({ LEO_STALLED_MS: "6000" }, async (world) => {
    await world.submit("hang events=5");
    await world.audit();
    expect(await world.outcomes()).toEqual({ stalled: 1 });
  }),
);

test("mute: connected, and neither reads nor answers", { timeout: timeoutMs }, () =>
  withWatch({ LEO_HEARTBEAT_LOST_MS: "4500" }, async (world) => {
    await world.submit("mute events=5");
    await world.audit();
    expect(await world.outcomes()).toEqual({ heartbeat_lost: 1 });
  }),
);
