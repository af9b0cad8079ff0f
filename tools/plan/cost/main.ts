/** `npm run cost -- --stage prod`: what the stage costs in a month, and a generation. */
import { parseArgs } from "node:util";
import { graphOf } from "../graph/run-graph.ts";
import { printOrFail, warn } from "../../report.ts";
import { enterStage } from "../../../infra/env-files.ts";
import { readRegion } from "../../../infra/stage.ts";
import { renderCost } from "./render.ts";

const { values } = parseArgs({ options: { stage: { type: "string", default: "prod" } } });

await printOrFail(async () => {
  warn(enterStage(values.stage));
  return renderCost(await graphOf({ stage: values.stage, inheritSettings: true }), readRegion(values.stage));
});
