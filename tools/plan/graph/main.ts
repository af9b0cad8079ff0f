/** `npm run graph -- --stage prod [--dev] [--full | --json]`: what a deploy would make. */
import { parseArgs } from "node:util";
import { enterStage } from "../../../infra/env-files.ts";
import { graphOf } from "./run-graph.ts";
import { renderGraph, renderTable } from "./render.ts";
import { printOrFail, warn } from "../../report.ts";

const { values } = parseArgs({
  options: {
    stage: { type: "string", default: "prod" },
    dev: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

await printOrFail(async () => {
  warn(enterStage(values.stage));
  const graph = await graphOf({ stage: values.stage, dev: values.dev, inheritSettings: true });
  if (values.json) return JSON.stringify(graph, undefined, 2);
  return values.full ? renderGraph(graph) : renderTable(graph);
});
