/**
 * An orchestrator is killed with SIGKILL while 100 generators report and 100 pages follow them, and
 * started again at once. At the end the table and every page are audited: nothing lost, nothing twice.
 */
import { setTimeout as delay } from "node:timers/promises";
import { until } from "@leo/local/testing/until.ts";
import type { BenchmarkOptions } from "./harness/benchmark.ts";
import { startChild } from "./harness/child.ts";
import { nowMs } from "./harness/clock.ts";
import type { Bar, Figure } from "./harness/figure.ts";
import { withLeo } from "./leo/leo.ts";
import { connectedGenerators } from "./harness/metrics.ts";
import type { Followers } from "./load/followers.ts";
import { allStored, auditEvents } from "./recovery/audit.ts";

const GENERATORS = 100;
const EVENTS_PER_SECOND = 10;
/** Between two kills. */
const STEADY_MS = 2_000;
const GIVE_UP_MS = 60_000;
const BAR: Bar = { atMost: 5_000 };

export const recovery = ({ services, rounds, quick, say }: BenchmarkOptions): Promise<Figure[]> =>
  withLeo(services, { name: "recovery" }, async (leo) => {
    const count = quick ? 5 : GENERATORS;
    const pages = startChild<Followers>("load/followers.ts");
    const measured: { restart: number; attached: number; seen: number }[] = [];
    try {
      const launched = await leo.launch(count);
      await pages.call("follow", { url: leo.socketUrl, followed: launched });
      const generationIds = launched.map(({ generationId }) => generationId);
      const steady = new AbortController();
      let made = 0;
      const play = async () => {
        while (!steady.signal.aborted) {
          const phase = { events: EVENTS_PER_SECOND, perSecond: EVENTS_PER_SECOND };
          await leo.generators.call("play", { generationIds, phase });
          made += EVENTS_PER_SECOND;
        }
      };
      const played = play();
      for (let round = 0; round < rounds; round += 1) {
        await pages.call("past", { lastSeqs: await pages.call("lastSeqs"), timeoutMs: GIVE_UP_MS });
        await delay(STEADY_MS);
        await leo.orchestrator().end("SIGKILL");
        const killedAt = nowMs();
        const lastSeqs = await pages.call("lastSeqs");
        const { url } = await leo.restart();
        const readyAt = nowMs();
        await until("every generator", async () => (await connectedGenerators(url)) === count, GIVE_UP_MS);
        const attachedAt = nowMs();
        const seenAt = await pages.call("past", { lastSeqs, timeoutMs: GIVE_UP_MS });
        measured.push({
          restart: readyAt - killedAt,
          attached: attachedAt - readyAt,
          seen: Math.max(seenAt, attachedAt) - killedAt,
        });
        say(`recovery: all re-attached ${Math.round(attachedAt - readyAt)} ms after the restart`);
      }
      steady.abort();
      await played;
      await until("everything to be stored", () => allStored(leo.pool, made), GIVE_UP_MS);
      const { lastSeqs, wrong } = await auditEvents(leo.pool, made);
      const faults = await pages.call("complete", lastSeqs);
      const common = { benchmark: "recovery", given: `kill -9, ${count} generators running`, of: "leo" };
      return [
        {
          ...common,
          what: "killed to ready again",
          unit: "ms",
          values: measured.map(({ restart }) => restart),
        },
        {
          ...common,
          what: "ready to all re-attached",
          unit: "ms",
          values: measured.map(({ attached }) => attached),
          bar: BAR,
        },
        {
          ...common,
          what: "killed to new events on every page",
          unit: "ms",
          values: measured.map(({ seen }) => seen),
        },
        {
          ...common,
          what: "events lost or doubled in the table",
          unit: "",
          values: [wrong],
          bar: { atMost: 0 },
        },
        {
          ...common,
          what: "pages that lost or doubled an event",
          unit: "",
          values: [faults.length],
          bar: { atMost: 0 },
        },
      ];
    } finally {
      await pages.call("close");
      await pages.end();
    }
  });
