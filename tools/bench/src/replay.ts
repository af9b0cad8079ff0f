/** A browser that comes late: from its subscription to the last of 100,000 stored events. */
import type { BenchmarkOptions } from "./harness/benchmark.ts";
import { startChild } from "./harness/child.ts";
import type { Figure } from "./harness/figure.ts";
import { withLeo } from "./leo/leo.ts";
import { nowMs } from "./harness/clock.ts";
import type { LeoBrowsers } from "./load/leo-browsers.ts";

const EVENTS = 100_000;

export const replay = ({ services, rounds, quick }: BenchmarkOptions): Promise<Figure[]> =>
  withLeo(services, { name: "replay" }, async (leo) => {
    const events = quick ? 2_000 : EVENTS;
    const browsers = startChild<LeoBrowsers>("load/leo-browsers.ts");
    const durations: number[] = [];
    try {
      const launched = await leo.launch(1);
      await leo.generators.call("play", {
        generationIds: launched.map(({ generationId }) => generationId),
        phase: { events },
      });
      for (let round = 0; round < rounds; round += 1) {
        const beganAt = nowMs();
        const subscriptions = launched.map((submitted) => ({ ...submitted, since: 0, expected: events }));
        await browsers.call("connect", { url: leo.socketUrl, subscriptions });
        const [times] = await browsers.call("received");
        durations.push((times?.at(-1) ?? Number.NaN) - beganAt);
        await browsers.call("disconnect");
      }
    } finally {
      await browsers.end();
    }
    const common = { benchmark: "replay", given: `${events} events, a new browser`, of: "leo" };
    return [
      { ...common, what: "connected to complete", unit: "ms", values: durations },
      {
        ...common,
        what: "events",
        unit: "1/s",
        values: durations.map((durationMs) => (events * 1_000) / durationMs),
      },
    ];
  });
