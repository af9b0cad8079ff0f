/** `npm run graph -- --stage prod [--dev] [--json]`: what a deploy would make, as a table. */
import { parseArgs } from "node:util";
import { graphOf } from "./run-graph.ts";
import { renderGraph } from "./render.ts";

const { values } = parseArgs({
  options: {
    stage: { type: "string", default: "prod" },
    dev: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const graph = await graphOf({ stage: values.stage, dev: values.dev, inheritSettings: true });
const text = values.json ? JSON.stringify(graph, undefined, 2) : renderGraph(graph);
process.stdout.write(`${text}\n`);
