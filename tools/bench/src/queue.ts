/**
 * The queue beside pg-boss and graphile-worker, each on a database of its own in the same PostgreSQL,
 * which waits for the disk at every commit. Adding a job is one call for one job everywhere.
 */
import type { BenchmarkOptions } from "./harness/benchmark.ts";
import { startChild, type Child } from "./harness/child.ts";
import type { Figure } from "./harness/figure.ts";
import { interleave } from "./harness/interleave.ts";
import { ratios } from "./harness/statistics.ts";
import type { BenchQueue } from "./queue/leo.ts";

const CALLERS = [1, 4, 16];
/** One row, and as many as Leo's queue loop claims at once. */
const BATCHES = [1, 20];
const ROWS = 10_000;

const MODULES = {
  leo: "queue/leo.ts",
  "pg-boss": "../rivals/pg-boss.ts",
  "graphile-worker": "../rivals/graphile-worker.ts",
};
type Name = keyof typeof MODULES;
const QUEUES = Object.keys(MODULES) as Name[];
type Queues = Record<Name, Child<BenchQueue>>;

const each = <T>(queues: Queues, run: (queue: Child<BenchQueue>) => Promise<T>) =>
  Object.fromEntries(QUEUES.map((name) => [name, () => run(queues[name])])) as Record<Name, () => Promise<T>>;

const figuresOf = (given: string, what: string, measured: Record<Name, number[]>): Figure[] => {
  const common = { benchmark: "queue", given, what };
  return [
    ...QUEUES.map((of) => ({ ...common, of, unit: "1/s", values: measured[of] })),
    ...QUEUES.slice(1).map((rival) => ({
      ...common,
      of: `leo / ${rival}`,
      unit: "",
      values: ratios(measured.leo, measured[rival]),
    })),
  ];
};

const measure = async (queues: Queues, { rounds, quick, say }: BenchmarkOptions): Promise<Figure[]> => {
  const figures: Figure[] = [];
  const durationMs = quick ? 150 : 1_000;
  const rows = quick ? 200 : ROWS;
  for (const callers of CALLERS) {
    const enqueue = (queue: Child<BenchQueue>) => queue.call("enqueue", { callers, durationMs });
    const given = `${callers} ${callers === 1 ? "caller" : "callers"}`;
    figures.push(...figuresOf(given, "enqueued", await interleave(each(queues, enqueue), rounds)));
  }
  say("queue: enqueued");
  for (const callers of CALLERS) {
    for (const batch of BATCHES) {
      const claim = async (queue: Child<BenchQueue>) => {
        await queue.call("empty");
        await queue.call("fill", rows);
        return queue.call("claim", { callers, durationMs, batch });
      };
      const given = `${callers} ${callers === 1 ? "claimer" : "claimers"}, ${rows} rows, ${batch} at a time`;
      figures.push(...figuresOf(given, "claimed", await interleave(each(queues, claim), rounds)));
      say(`queue: ${given}`);
    }
  }
  return figures;
};

export const queue = async (options: BenchmarkOptions): Promise<Figure[]> => {
  const queues = Object.fromEntries(
    QUEUES.map((name) => [name, startChild<BenchQueue>(MODULES[name])]),
  ) as Queues;
  try {
    for (const name of QUEUES) {
      const databaseUrl = await options.services.createDatabase(`queue_${name.replace("-", "_")}`);
      await queues[name].call("start", { databaseUrl });
    }
    return await measure(queues, options);
  } finally {
    await Promise.all(QUEUES.map((name) => queues[name].end()));
  }
};
