/** One of two orchestrators dies with browsers and generators on both, again and again. */
import { expect, test } from "vitest";
import { hashAttemptToken } from "../../src/generation/claim.ts";
import type { Browser } from "./browser.ts";
import type { OrchestratorProcess } from "./orchestrator-process.ts";
import { QUICK_TAKEOVER, SCALE } from "./scale.ts";
import { seededRandom } from "./seed.ts";
import { withWorld, type World } from "./world.ts";

const { deathsOfOne, load, reattachMs, timeoutMs } = SCALE;
const SCRIPT = "happy events=80 rate=10";
const VCPUS_EACH = 4;
const SOCKETS_EACH = 4;
const WAIT = { timeout: 120_000, interval: 20 };

const SETTINGS = {
  ...QUICK_TAKEOVER,
  LEO_VCPU_BUDGET: String(load * VCPUS_EACH),
  LEO_RUNNING_PER_USER: "2",
  LEO_SOCKETS_PER_USER: String(SOCKETS_EACH),
};

interface Most {
  tasks: number;
  runsOfOne: number;
  stop(): Promise<void>;
}

/** Looks all the time at what must never be more than a limit. */
const watchLimits = ({ database, ecs }: World): Most => {
  const stopping = new AbortController();
  const most: Most = {
    tasks: 0,
    runsOfOne: 0,
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
  const look = async () => {
    while (!stopping.signal.aborted) {
      const running = ecs.tasks().filter(({ task }) => task.lastStatus !== "STOPPED").length;
      const { rows } = await database.pool.query<{ most: number }>(
        `select coalesce(max(runs), 0)::int as most from (
           select count(*) as runs from leo.generations
           where state in ('starting', 'running', 'publishing') group by owner_id) counted`,
      );
      most.tasks = Math.max(most.tasks, running);
      most.runsOfOne = Math.max(most.runsOfOne, rows[0]?.most ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const watching = look();
  return most;
};

const isBrowser = (firstBytes: string) => firstBytes.startsWith("GET /ws/ui");
const attemptToken = (firstBytes: string) => /^GET \/ws\/generator[\s\S]*Bearer (\S+)/i.exec(firstBytes)?.[1];

/** Hashes of the tokens of the generators that are connected to a process. */
const generatorsOf = ({ generatorBalancer }: World, { generatorPort }: OrchestratorProcess) =>
  generatorBalancer.openTo(generatorPort).flatMap((firstBytes) => {
    const token = attemptToken(firstBytes);
    return token === undefined ? [] : [hashAttemptToken(token)];
  });

const browsersOf = ({ balancer }: World, { port }: OrchestratorProcess) =>
  balancer.openTo(port).filter(isBrowser).length;

/** Whether both have browsers and generators; where chance gave one of them none, generators choose again. */
const spread = (world: World, both: OrchestratorProcess[]): boolean => {
  const isSpread = both.every((one) => generatorsOf(world, one).length > 0 && browsersOf(world, one) > 0);
  if (!isSpread) world.generatorBalancer.cut("GET /ws/generator");
  return isSpread;
};

/** Generators of these that have not said `ready` since; one whose attempt has ended did so before. */
const countAway = async ({ database }: World, tokenHashes: string[], since: Date) => {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*)::int as count from leo.attempts
     where token_hash = any($1) and ended_at is null and last_frame_at <= $2`,
    [tokenHashes, since],
  );
  return rows[0]?.count;
};

const databaseTime = async ({ database }: World) => {
  const { rows } = await database.pool.query<{ at: Date }>("select clock_timestamp() as at");
  return rows[0]?.at ?? new Date();
};

const connectionsOf = (browsers: Browser[]) =>
  browsers.reduce((sum, { connections }) => sum + connections, 0);

test(
  "one of two is killed: browsers and generators are back, nothing is lost, no limit is passed",
  { timeout: timeoutMs },
  () =>
    withWorld({ settings: SETTINGS }, async (world) => {
      const random = seededRandom();
      const both = await Promise.all([world.start(), world.start()]);
      const most = watchLimits(world);
      const tookMs: number[] = [];
      const submitted: string[] = [];

      for (let death = 0; death < deathsOfOne; death += 1) {
        // One user has as many runs and pages as they may, and one more run waits for its turn.
        const token = await world.signIn();
        const crowdedRuns = await Promise.all([1, 2, 3].map(() => world.submit(SCRIPT, {}, token)));
        for (let pages = crowdedRuns.length; pages < SOCKETS_EACH; pages += 1)
          world.browse(crowdedRuns[0] ?? "");
        const others = await world.submitMany(load, SCRIPT);
        submitted.push(...crowdedRuns, ...others);
        const browsers = world.browsersOf([...crowdedRuns, ...others]);
        await expect.poll(() => browsers.every((browser) => browser.isAttached()), WAIT).toBe(true);
        await expect.poll(() => spread(world, both), { ...WAIT, interval: 2_000 }).toBe(true);

        const dies = random() < 0.5 ? 0 : 1;
        const [dying, survivor] = [both[dies], both[1 - dies]];
        if (!dying || !survivor) throw new Error("there are two");
        const [generators, pages] = [generatorsOf(world, dying), browsersOf(world, dying)];
        const connectionsBefore = connectionsOf(browsers);
        const since = await databaseTime(world);
        const killedAt = performance.now();
        await dying.kill("SIGKILL");
        const isBack = async () =>
          connectionsOf(browsers) >= connectionsBefore + pages &&
          browsers.every((browser) => browser.isAttached()) &&
          (await countAway(world, generators, since)) === 0;
        await expect.poll(isBack, WAIT).toBe(true);
        const durationMs = performance.now() - killedAt;
        tookMs.push(durationMs);
        console.log(
          `orchestrator killed: ${pages} browsers and ${generators.length} generators back after ${(durationMs / 1_000).toFixed(2)} s`,
        );
        expect(durationMs).toBeLessThan(reattachMs);

        // All pages that the user may have are at one orchestrator now: no other one is let in.
        const surplus = world.browse(crowdedRuns[0] ?? "", {}, false);
        await expect.poll(() => surplus.lastCode, WAIT).toBe(4429);
        expect(surplus.isAttached()).toBe(false);
        surplus.close();
        both[dies] = await world.start(dying.port);
      }

      await world.audit();
      await most.stop();
      expect(await world.outcomes()).toEqual({ completed: submitted.length });
      expect(most.tasks).toBeLessThanOrEqual(load);
      expect(most.runsOfOne).toBeLessThanOrEqual(2);
      expect(tookMs).toHaveLength(deathsOfOne);
    }),
);
