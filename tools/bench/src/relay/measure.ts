import { percentile } from "../harness/statistics.ts";
import type { RelaySystem } from "./system.ts";

export interface Load {
  generators: number;
  browsersEach: number;
}

/** When the last of all events came. */
export const lastOf = (times: Float64Array[]) => Math.max(...times.map((each) => each.at(-1) ?? 0));
/** When the first of all events was made. */
export const firstOf = (times: Float64Array[]) => Math.min(...times.map((each) => each[0] ?? 0));

/**
 * How long each event took, in ms, at every browser.
 * @param made times by generator
 * @param received times by browser; those of one generator stand together
 */
export const latenciesOf = (made: Float64Array[], received: Float64Array[], browsersEach: number): number[] =>
  received.flatMap((times, browser) => {
    const madeAt = made[Math.floor(browser / browsersEach)] ?? [];
    return Array.from(times, (at, index) => at - (madeAt[index] ?? Number.NaN));
  });

const play = async (system: RelaySystem, { generators }: Load, events: number, perSecond?: number) => {
  await system.expect(events);
  const [made, received] = await Promise.all([
    system.play(generators, { events, perSecond }),
    system.received(),
  ]);
  return { made, received };
};

/**
 * Events per second from the first event made to the last one received by every browser, while
 * generators send as fast as they are let.
 * @param events of each generator
 */
export const measureRate = async (system: RelaySystem, load: Load, events: number): Promise<number> => {
  const { made, received } = await play(system, load, events);
  const durationMs = lastOf(received) - firstOf(made);
  return (events * load.generators * 1_000) / durationMs;
};

/**
 * Latency in ms from made to received, of every event at every browser.
 * @param totalPerSecond of all generators together
 */
export const measureLatency = async (
  system: RelaySystem,
  load: Load,
  totalPerSecond: number,
  durationMs: number,
): Promise<{ p50: number; p99: number }> => {
  const perSecond = totalPerSecond / load.generators;
  const events = Math.ceil((perSecond * durationMs) / 1_000);
  const { made, received } = await play(system, load, events, perSecond);
  const latencies = latenciesOf(made, received, load.browsersEach);
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
};
