/** `npm run bench [-- --only relay,queue --quick --out FILE]`: one table, and a JSON file with the same. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Benchmark } from "./harness/benchmark.ts";
import { summary, type Figure } from "./harness/figure.ts";
import { describeMachine } from "./harness/machine.ts";
import { withServices } from "./harness/services.ts";
import { table } from "./harness/table.ts";
import { firstEvent } from "./first-event.ts";
import { queue } from "./queue.ts";
import { recovery } from "./recovery.ts";
import { relay } from "./relay.ts";
import { replay } from "./replay.ts";
import { scale } from "./scale.ts";

const BENCHMARKS: Record<string, Benchmark> = {
  relay,
  queue,
  "first-event": firstEvent,
  scale,
  replay,
  recovery,
};
const ROUNDS = 5;
const QUICK_ROUNDS = 2;
const USAGE = `Usage: npm run bench [-- --only ${Object.keys(BENCHMARKS).join(",")} --rounds N --quick --out FILE]`;

const readArguments = () => {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      out: { type: "string", default: "bench.json" },
    },
  });
  const names = values.only?.split(",") ?? Object.keys(BENCHMARKS);
  const rounds = Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : ROUNDS));
  if (!names.every((name) => Object.hasOwn(BENCHMARKS, name)) || !Number.isInteger(rounds) || rounds < 1)
    throw new Error(USAGE);
  return { names, rounds, quick: values.quick, out: values.out };
};

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);

const main = async () => {
  const { names, rounds, quick, out } = readArguments();
  await withServices(async (services) => {
    const machine = await describeMachine(services.pool);
    const figures: Figure[] = [];
    const durationsSeconds: Record<string, number> = {};
    const startedAt = new Date();
    for (const name of names) {
      const beganAt = performance.now();
      figures.push(...((await BENCHMARKS[name]?.({ services, rounds, quick, say })) ?? []));
      durationsSeconds[name] = Math.round((performance.now() - beganAt) / 1_000);
      say(`${name} took ${durationsSeconds[name]} s`);
    }
    const result = { startedAt, machine, rounds, quick, durationsSeconds, figures: figures.map(summary) };
    await writeFile(out, `${JSON.stringify(result, undefined, 2)}\n`);
    process.stdout.write(
      `${table(figures)}\n\n${JSON.stringify({ machine, durationsSeconds }, undefined, 2)}\n`,
    );
    if (quick) say("This was a quick run: it shows that everything works, its numbers mean nothing.");
    say(`All values are in ${out}.`);
  });
};

await main();
process.exit();
