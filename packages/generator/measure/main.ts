/**
 * `npm run measure -w packages/generator [-- RUNS]`: how long the generator takes, part by part and as the
 * user sees it, as a table of medians. The scripted model answers at once, so what is measured is Leo.
 */
import { measureBuild, measureReady, measureUploads } from "./parts.ts";
import { measureStack } from "./stack.ts";
import { toTable } from "./table.ts";

const RUNS = Number(process.argv[2] ?? 5);

const repeated = async (measure: () => Promise<number>): Promise<number[]> => {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) times.push(await measure());
  return times;
};

const ready = await repeated(measureReady);
const build = await repeated(measureBuild);
const uploads = await measureUploads(RUNS);
const { one, two } = await measureStack(RUNS);
const timesOf = (name: keyof (typeof one)[number]) => one.map((times) => times[name]);

console.log(
  toTable([
    { what: "start of the process → ready", times: ready },
    { what: "type check and build of the template", times: build, barMs: 3_000 },
    { what: "upload of 100 files of 4 KiB", times: uploads },
    { what: "submit → first event", times: timesOf("firstEvent"), barMs: 1_000 },
    { what: "submit → generator connected", times: timesOf("connected") },
    { what: "submit → agent's first words", times: timesOf("firstWords"), barMs: 1_000 },
    { what: "submit → completed, one turn", times: timesOf("completed") },
    { what: "submit → completed, two turns", times: two.map(({ completed }) => completed) },
    { what: "submit → running preview", times: timesOf("preview"), barMs: 10_000 },
  ]),
);
