/**
 * One orchestrator with 10, 100 and 1,000 generators, five browsers each and ten events a second each:
 * its memory, its processor time, and how much of what was asked for it carried.
 */
import type { BenchmarkOptions } from "./harness/benchmark.ts";
import { startChild } from "./harness/child.ts";
import type { Bar, Figure } from "./harness/figure.ts";
import { withLeo, type Leo, type Submitted } from "./leo/leo.ts";
import { percentile } from "./harness/statistics.ts";
import type { LeoBrowsers } from "./load/leo-browsers.ts";
import { lastOf, firstOf, latenciesOf } from "./relay/measure.ts";
import { checkFileLimit, cpuSeconds, residentMib } from "./scale/usage.ts";

const SIZES = [10, 100, 1_000];
const BROWSERS_EACH = 5;
const EVENTS_PER_SECOND = 10;
const RESIDENT_BAR: Bar = { atMost: 2_048 };

const measure = async (leo: Leo, launched: Submitted[], seconds: number) => {
  const browsers = startChild<LeoBrowsers>("load/leo-browsers.ts");
  try {
    const subscriptions: (Submitted & { since: number })[] = [];
    for (const submitted of launched) {
      const since = await leo.lastSeq(submitted);
      for (let index = 0; index < BROWSERS_EACH; index += 1) subscriptions.push({ ...submitted, since });
    }
    await browsers.call("connect", { url: leo.socketUrl, subscriptions });
    const { pid } = leo.orchestrator();
    const events = seconds * EVENTS_PER_SECOND;
    const generationIds = launched.map(({ generationId }) => generationId);
    const idle = await residentMib(pid);
    await browsers.call("expect", events);
    const cpuBefore = await cpuSeconds(pid);
    const [made, received] = await Promise.all([
      leo.generators.call("play", { generationIds, phase: { events, perSecond: EVENTS_PER_SECOND } }),
      browsers.call("received"),
    ]);
    const durationMs = lastOf(received) - firstOf(made);
    const cpu = (((await cpuSeconds(pid)) - cpuBefore) * 1_000) / durationMs;
    const latencies = latenciesOf(made, received, BROWSERS_EACH);
    return {
      idle: idle.now,
      peak: (await residentMib(pid)).peak,
      cpu,
      carried: (events * launched.length * 1_000) / durationMs,
      delivered: (events * subscriptions.length * 1_000) / durationMs,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
    };
  } finally {
    await browsers.end();
  }
};

export const scale = async ({ services, quick, say }: BenchmarkOptions): Promise<Figure[]> => {
  await checkFileLimit();
  return withLeo(services, { name: "scale" }, async (leo) => {
    const figures: Figure[] = [];
    const launched: Submitted[] = [];
    for (const size of quick ? [2, 5] : SIZES) {
      launched.push(...(await leo.launch(size - launched.length)));
      const measured = await measure(leo, launched, quick ? 1 : 10);
      const common = {
        benchmark: "scale",
        given: `${size} generators, ${size * BROWSERS_EACH} browsers, ${size * EVENTS_PER_SECOND} events/s asked for`,
        of: "leo",
      };
      const figure = (what: string, unit: string, value: number, bar?: Bar) =>
        figures.push({ ...common, what, unit, values: [value], ...(bar ? { bar } : {}) });
      figure("resident, connected and idle", "MiB", measured.idle);
      figure("resident, peak", "MiB", measured.peak, RESIDENT_BAR);
      figure("processor", "cores", measured.cpu);
      figure("events carried", "1/s", measured.carried);
      figure("events delivered to browsers", "1/s", measured.delivered);
      figure("latency p50", "ms", measured.p50);
      figure("latency p99", "ms", measured.p99);
      say(`scale: ${size} generators: ${Math.round(measured.peak)} MiB at most`);
    }
    return figures;
  });
};
