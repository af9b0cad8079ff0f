/**
 * Generator → committed → browser, beside two relays that store nothing: a bare `ws` relay that sends
 * one frame an event, and Socket.IO with its PostgreSQL adapter. All three run for the whole time and
 * take turns, with the same events made by the same code.
 */
import type { Bar, Figure } from "./harness/figure.ts";
import { interleave } from "./harness/interleave.ts";
import { median, ratios } from "./harness/statistics.ts";
import type { BenchmarkOptions } from "./harness/benchmark.ts";
import { withLeoRelay } from "./relay/leo.ts";
import { measureLatency, measureRate, type Load } from "./relay/measure.ts";
import { withSocketIo, withWsRelay } from "./relay/rival.ts";
import type { RelaySystem } from "./relay/system.ts";

/** Events per second, of all generators together, at which latency is measured. */
const STEADY_PER_SECOND = 2_000;
const LATENCY_BAR: Bar = { atMost: 50 };
const RATE_BARS: Record<number, Bar> = { 1: { atLeast: 0.6 }, 20: { atLeast: 1.5 } };

type Systems = Record<"leo" | "bare ws" | "Socket.IO", RelaySystem>;

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const describeLoad = ({ generators, browsersEach }: Load) =>
  `${plural(generators, "generator")}, ${plural(browsersEach, "browser")} each`;

/** Runs that are not counted: the first ones find code that was never run, and each sets the length of the next. */
const WARM_UPS = 3;

/** Warms a system up. @returns how many events of each generator keep it busy for that long */
const warmUp = async (system: RelaySystem, load: Load, durationMs: number): Promise<number> => {
  const fewest = Math.ceil(2_000 / load.generators);
  let events = fewest;
  for (let run = 0; run < WARM_UPS; run += 1) {
    const perSecond = await measureRate(system, load, events);
    events = Math.max(fewest, Math.ceil((perSecond * durationMs) / 1_000 / load.generators));
  }
  return events;
};

const mapSystems = <T>(systems: Systems, map: (system: RelaySystem) => T) =>
  Object.fromEntries(Object.entries(systems).map(([name, system]) => [name, map(system)])) as Record<
    keyof Systems,
    T
  >;

const measure = async (systems: Systems, load: Load, { rounds, quick }: BenchmarkOptions) => {
  const durationMs = quick ? 300 : 2_000;
  const { generators, browsersEach } = load;
  for (const system of Object.values(systems)) await system.connect(generators, browsersEach);
  const events = new Map<RelaySystem, number>();
  for (const system of Object.values(systems)) events.set(system, await warmUp(system, load, durationMs));
  const rates = await interleave(
    mapSystems(systems, (system) => () => measureRate(system, load, events.get(system) ?? 1)),
    rounds,
  );
  const latencies = await interleave(
    mapSystems(systems, (system) => () => measureLatency(system, load, STEADY_PER_SECOND, durationMs)),
    rounds,
  );
  for (const system of Object.values(systems)) await system.disconnect();
  return { rates, latencies };
};

const figuresOf = (load: Load, { rates, latencies }: Awaited<ReturnType<typeof measure>>): Figure[] => {
  const common = { benchmark: "relay", given: describeLoad(load) };
  const names = Object.keys(rates) as (keyof Systems)[];
  const rate = { ...common, what: "events", unit: "1/s" };
  const latency = { ...common, given: `${common.given}, ${STEADY_PER_SECOND} events/s` };
  const rateBar = RATE_BARS[load.browsersEach];
  return [
    ...names.map((of) => ({ ...rate, of, values: rates[of] })),
    ...names
      .filter((of) => of !== "leo")
      .map((rival) => ({
        ...rate,
        of: `leo / ${rival}`,
        unit: "",
        values: ratios(rates.leo, rates[rival]),
        ...(rival === "bare ws" && rateBar ? { bar: rateBar } : {}),
      })),
    ...names.flatMap((of) => [
      { ...latency, of, what: "latency p50", unit: "ms", values: latencies[of].map(({ p50 }) => p50) },
      {
        ...latency,
        of,
        what: "latency p99",
        unit: "ms",
        values: latencies[of].map(({ p99 }) => p99),
        ...(of === "leo" ? { bar: LATENCY_BAR } : {}),
      },
    ]),
  ];
};

export const relay = async (options: BenchmarkOptions): Promise<Figure[]> => {
  const { services, quick, say } = options;
  const sizes = quick ? { generators: [1, 5], browsers: [1, 4] } : { generators: [1, 50], browsers: [1, 20] };
  const most = Math.max(...sizes.generators);
  const databaseUrl = await services.createDatabase("relay_socket_io");
  return withLeoRelay(services, most, (leo) =>
    withWsRelay(most, (ws) =>
      withSocketIo(databaseUrl, most, async (socketIo) => {
        const figures: Figure[] = [];
        for (const generators of sizes.generators) {
          for (const browsersEach of sizes.browsers) {
            const load = { generators, browsersEach };
            const measured = await measure({ leo, "bare ws": ws, "Socket.IO": socketIo }, load, options);
            say(`relay: ${describeLoad(load)}: ${Math.round(median(measured.rates.leo))} events/s`);
            figures.push(...figuresOf(load, measured));
          }
        }
        return figures;
      }),
    ),
  );
};
