/** `npm run bench`: tables, and a JSON file with the same numbers. Exits 1 when a benchmark broke off. */
import { writeFile } from "node:fs/promises";
import { type Command, readCommand, rejectUsage } from "../../command.ts";
import { installRivals } from "../../local/setup/packages.mjs";
import type { Benchmark } from "./harness/benchmark.ts";
import { summary, type Figure } from "./harness/figure.ts";
import { writeDocument } from "./harness/document.ts";
import { describeMachine } from "./harness/machine.ts";
import { withServices, type Services } from "./harness/services.ts";
import { tables } from "./harness/table.ts";
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
/** These have rivals, whose packages are not part of the project's. */
const WITH_RIVALS = ["relay", "queue"];
const ROUNDS = 5;
const QUICK_ROUNDS = 2;

const COMMAND = {
  name: "npm run bench",
  about: "Measures how fast Leo is, beside other systems that do the same job.",
  options: {
    only: { type: "text", value: "NAMES", about: `Some of ${Object.keys(BENCHMARKS).join(",")}` },
    rounds: {
      type: "number",
      value: "N",
      whole: true,
      min: 1,
      about: `How often each is measured (default ${ROUNDS}, with --quick ${QUICK_ROUNDS})`,
    },
    quick: { type: "flag", about: "Show that everything works; the numbers mean nothing" },
    out: { type: "text", value: "FILE", default: "bench.json", about: "Where all values are written" },
    document: { type: "flag", about: "Put the tables into docs/benchmarks.md" },
  },
} as const satisfies Command;

const readArguments = () => {
  const { only, rounds, ...values } = readCommand(COMMAND);
  const known = Object.keys(BENCHMARKS);
  const names = only?.split(",") ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    rejectUsage(COMMAND, `There is no benchmark "${unknown}". There are ${known.join(", ")}.`);
  }
  return { names, rounds: rounds ?? (values.quick ? QUICK_ROUNDS : ROUNDS), ...values };
};

type Arguments = ReturnType<typeof readArguments>;

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);

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
      say(tables(found));
    } catch (cause) {
      process.exitCode = 1;
      say(`${name} broke off: ${cause instanceof Error ? cause.stack : String(cause)}`);
    }
    durationsSeconds[name] = Math.round((performance.now() - beganAt) / 1_000);
    say(`${name} took ${durationsSeconds[name]} s`);
  }
  return { figures, durationsSeconds };
};

const withoutRivals = Object.keys(BENCHMARKS).filter((name) => !WITH_RIVALS.includes(name));

/** @returns whether they are there */
const haveRivals = async (): Promise<boolean> => {
  try {
    await installRivals();
    return true;
  } catch (cause) {
    say(cause instanceof Error ? cause.message : String(cause));
    say(
      `Without the rivals, ${WITH_RIVALS.join(" and ")} cannot run. ` +
        `To run the others: npm run bench -- --only ${withoutRivals.join(",")}`,
    );
    return false;
  }
};

const chosen = readArguments();
if (chosen.names.some((name) => WITH_RIVALS.includes(name)) && !(await haveRivals())) process.exit(1);
await withServices(async (services) => {
  const { rounds, quick, out, document } = chosen;
  const startedAt = new Date();
  const machine = await describeMachine(services.pool);
  const measured = await runAll(services, chosen);
  const result = { startedAt, machine, rounds, quick, ...measured, figures: measured.figures.map(summary) };
  await writeFile(out, `${JSON.stringify(result, undefined, 2)}\n`);
  process.stdout.write(`${tables(measured.figures)}\n\n${JSON.stringify(machine, undefined, 2)}\n`);
  if (document) await writeDocument({ startedAt, machine, rounds, ...measured });
  if (quick) say("This was a quick run: it shows that everything works, its numbers mean nothing.");
  say(`All values are in ${out}.`);
});
process.exit();
