import type { Graph } from "../graph/graph.ts";
import { baselineLines, generationUsd, taskSize, totalUsd, watchingLines, type CostLine } from "./cost.ts";
import { PRICED_REGION, PRICES_READ_IN } from "./prices.ts";

const GENERATION_MINUTES = 15;

const money = (usd: number, digits = 2) => `$${usd.toFixed(digits)}`;

const table = (title: string, lines: CostLine[]): string[] => {
  const what = Math.max(...lines.map((line) => line.what.length));
  const basis = Math.max(...lines.map((line) => line.basis.length));
  const row = (line: CostLine) =>
    `  ${line.what.padEnd(what)}  ${line.basis.padEnd(basis)}  ${money(line.monthlyUsd).padStart(8)}`;
  return [
    title,
    ...lines.map(row),
    `  ${"".padEnd(what + basis + 2)}  ${money(totalUsd(lines)).padStart(8)}`,
    "",
  ];
};

/** Costs as text. @param region the stage's Region; the prices are one Region's */
export const renderCost = (graph: Graph, region: string): string => {
  const baseline = baselineLines(graph);
  const watching = watchingLines(graph);
  const { vcpu, memoryGb, architecture } = taskSize(graph, "GeneratorTask");
  const { onDemandUsd, spotUsd } = generationUsd(graph, GENERATION_MINUTES);
  const sources = [...new Set([...baseline, ...watching].map(({ source }) => source))];
  return [
    ...table("A month when nobody builds anything", baseline),
    ...table("Watching it", watching),
    `Together ${money(totalUsd(baseline) + totalUsd(watching))} a month.`,
    "",
    `A generation of ${GENERATION_MINUTES} minutes (${vcpu} vCPU, ${memoryGb} GB, ${architecture}): ` +
      `${money(onDemandUsd, 3)}; on Spot about ${money(spotUsd, 3)}. The model is billed separately.`,
    "",
    `Prices of ${PRICED_REGION}, read in ${PRICES_READ_IN}, without free tier and taxes` +
      `${region === PRICED_REGION ? "" : `; ${region} may differ by up to 30 %`}:`,
    ...sources.map((source) => `  ${source}`),
  ].join("\n");
};
