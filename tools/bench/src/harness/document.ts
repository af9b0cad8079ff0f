import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "@leo/local/start/settings.ts";
import type { Figure } from "./figure.ts";
import type { Machine } from "./machine.ts";
import { tables } from "./table.ts";

const PAGE = path.join(ROOT, "docs/benchmarks.md");
const [BEGIN, END] = ["<!-- numbers: written by npm run bench -- --document -->", "<!-- end of numbers -->"];

export interface Numbers {
  startedAt: Date;
  machine: Machine;
  rounds: number;
  durationsSeconds: Record<string, number>;
  figures: Figure[];
}

/** What the page says about a run: when, where, how long, and the tables. */
export const numbersAsMarkdown = ({
  startedAt,
  machine,
  rounds,
  durationsSeconds,
  figures,
}: Numbers): string => {
  const durations = Object.entries(durationsSeconds).map(([name, seconds]) => `${name} ${seconds} s`);
  const changes = machine.hasLocalChanges ? ", with local changes" : "";
  return [
    `Measured on ${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC, ${rounds} rounds, commit`,
    `\`${machine.commit.slice(0, 12)}\`${changes}.`,
    "",
    `- ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}`,
    `- Node ${machine.node}, PostgreSQL ${machine.postgres}`,
    `- load average when it began: ${machine.loadAverage.toFixed(2)}`,
    `- took: ${durations.join(", ")}`,
    "",
    tables(figures),
  ].join("\n");
};

/** Puts a run's numbers into `docs/benchmarks.md`, in place of those before. */
export const writeDocument = async (numbers: Numbers): Promise<void> => {
  const page = await readFile(PAGE, "utf8");
  const [before, rest = ""] = page.split(BEGIN);
  const [, after] = rest.split(END);
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for the numbers`);
  await writeFile(PAGE, `${before}${BEGIN}\n\n${numbersAsMarkdown(numbers)}\n\n${END}${after}`);
};
