import type { Command, Values } from "../../command.ts";
import { enterStage } from "../../environment/env-files.ts";
import { warn } from "../../report.ts";
import { renderGraph, renderTable } from "./render.ts";
import { graphOf } from "./run-graph.ts";

export const graphCommand = {
  name: "npm run graph",
  about: "Prints the resources that deploying a stage would create. Needs no AWS account.",
  options: {
    stage: { type: "text", value: "NAME", default: "prod", about: "The stage" },
    dev: { type: "flag", about: "What `sst dev` would create instead" },
    full: { type: "flag", about: "Every setting of every resource" },
    json: { type: "flag", about: "As JSON" },
  },
} as const satisfies Command;

/** @throws Error with the reasons why a stage is rejected */
export const printGraph = async ({
  stage,
  dev,
  full,
  json,
}: Values<typeof graphCommand>): Promise<string> => {
  warn(enterStage(stage));
  const graph = await graphOf({ stage, dev, inheritSettings: true });
  if (json) return JSON.stringify(graph, undefined, 2);
  return full ? renderGraph(graph) : renderTable(graph);
};
