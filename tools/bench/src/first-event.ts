/** From the request to the first word or tool of the agent on the page, one request after the other. */
import { until } from "@leo/local/testing/until.ts";
import type { BenchmarkOptions } from "./harness/benchmark.ts";
import { nowMs } from "./harness/clock.ts";
import type { Bar, Figure } from "./harness/figure.ts";
import { withLeo, type Leo, type Submitted } from "./leo/leo.ts";
import { percentile } from "./harness/statistics.ts";
import { Follower } from "./load/follower.ts";

const BAR: Bar = { atMost: 1_000 };
const SCRIPTED_RUNS = 20;
const AGENT_RUNS = 10;
const GIVE_UP_MS = 60_000;
/** The scripted generator's second event is the first that counts as the agent's. */
const SCRIPTED_EVENTS = 2;

const firstOfAgent = ({ firstAt }: Follower) => firstAt.get("agent_text") ?? firstAt.get("agent_tool");

const measureOne = async (leo: Leo, after: (submitted: Submitted) => Promise<void>): Promise<number> => {
  const beganAt = nowMs();
  const [submitted] = await leo.submit(1);
  if (!submitted) throw new Error("nothing was submitted");
  const page = new Follower(leo.socketUrl, submitted);
  try {
    return (await until("the agent's first event", () => firstOfAgent(page), GIVE_UP_MS)) - beganAt;
  } finally {
    page.close();
    await after(submitted);
  }
};

const measure = async (leo: Leo, runs: number, after: (submitted: Submitted) => Promise<void>) => {
  const durations: number[] = [];
  // The first one finds everything cold.
  await measureOne(leo, after);
  while (durations.length < runs) durations.push(await measureOne(leo, after));
  return durations;
};

const figuresOf = (given: string, durations: number[]): Figure[] => {
  const common = { benchmark: "first-event", given, of: "leo", unit: "ms", bar: BAR };
  return [
    { ...common, what: "submit to first agent event", values: durations },
    { ...common, what: "submit to first agent event, p95", values: [percentile(durations, 0.95)] },
  ];
};

export const firstEvent = async ({ services, quick, say }: BenchmarkOptions): Promise<Figure[]> => {
  const scripted = await withLeo(services, { name: "first_scripted", atOnce: SCRIPTED_EVENTS }, (leo) =>
    measure(leo, quick ? 2 : SCRIPTED_RUNS, async () => undefined),
  );
  say("first-event: scripted generator");
  const real = await withLeo(services, { name: "first_agent", realAgent: true }, (leo) =>
    measure(leo, quick ? 1 : AGENT_RUNS, (submitted) => leo.cancel(submitted)),
  );
  return [...figuresOf("scripted generator", scripted), ...figuresOf("real agent on leo-mock", real)];
};
