/**
 * `npm run bench [-- --only relay,queue --rounds N --quick --out FILE --document]`: one table, and a JSON
 * file with the same; `--document` puts them into docs/benchmarks.md. Exits 1 when a benchmark broke off.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Benchmark } from "./harness/benchmark.ts";
import { summary, type Figure } from "./harness/figure.ts";
import { writeDocument } from "./harness/document.ts";
import { describeMachine } from "./harness/machine.ts";
import { withServices, type Services } from "./harness/services.ts";
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
const USAGE = `Usage: npm run bench [-- --only ${Object.keys(BENCHMARKS).join(",")} --rounds N --quick --out FILE --document]`;
const EXIT_USAGE = 2;

const OPTIONS = {
  only: { type: "string" },
  rounds: { type: "string" },
  quick: { type: "boolean", default: false },
  out: { type: "string", default: "bench.json" },
  document: { type: "boolean", default: false },
} as const;

const readArguments = () => {
  const { only, rounds: given, ...values } = parseArgs({ options: OPTIONS }).values;
  const names = only?.split(",") ?? Object.keys(BENCHMARKS);
  const rounds = Number(given ?? (values.quick ? QUICK_ROUNDS : ROUNDS));
  const isKnown = names.every((name) => Object.hasOwn(BENCHMARKS, name));
  if (!isKnown || !Number.isInteger(rounds) || rounds < 1) throw new Error("no such benchmark, or no number");
  return { names, rounds, ...values };
};

type Arguments = ReturnType<typeof readArguments>;

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);

const argumentsOrExit = (): Arguments => {
  try {
    return readArguments();
  } catch {
    say(USAGE);
    return process.exit(EXIT_USAGE);
  }
};

/** A benchmark that breaks off costs its own numbers, not those of the others. */
const runAll = async (services: Services, { names, rounds, quick }: Arguments) => {
  const figures: Figure[] = [];
  const durationsSeconds: Record<string, number> = {};
  for (const name of names) {
    const beganAt = performance.now();
    try {
      const found = (await BENCHMARKS[name]?.({ services, rounds, quick, say })) ?? [];
      figures.push(...found);
      // At once: a run that is ended in the middle has told what it found.
      say(table(found));
    } catch (cause) {
      process.exitCode = 1;
      say(`${name} broke off: ${cause instanceof Error ? cause.stack : String(cause)}`);
    }
    durationsSeconds[name] = Math.round((performance.now() - beganAt) / 1_000);
    say(`${name} took ${durationsSeconds[name]} s`);
  }
  return { figures, durationsSeconds };
};

const chosen = argumentsOrExit();
await withServices(async (services) => {
  const { rounds, quick, out, document } = chosen;
  const startedAt = new Date();
  const machine = await describeMachine(services.pool);
  const measured = await runAll(services, chosen);
  const result = { startedAt, machine, rounds, quick, ...measured, figures: measured.figures.map(summary) };
  await writeFile(out, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${table(measured.figures)}\n\n${JSON.stringify(machine, undefined, 2)}\n`);
  if (document) await writeDocument({ startedAt, machine, rounds, ...measured });
  if (quick) say("This was a quick run: it shows that everything works, its numbers mean nothing.");
  say(`All values are in ${out}.`);
});
process.exit();
