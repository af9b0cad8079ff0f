import type { Command, Values } from "../../command.ts";
import { enterStage } from "../../environment/env-files.ts";
import { readRegion } from "../../../infra/stage.ts";
import { warn } from "../../report.ts";
import { graphOf } from "../graph/run-graph.ts";
import { renderCost } from "./render.ts";

export const costCommand = {
  name: "npm run cost",
  about: "Prints what a stage costs per month, and what a generation costs. Needs no AWS account.",
  options: { stage: { type: "text", value: "NAME", default: "prod", about: "The stage" } },
} as const satisfies Command;

/** @throws Error with the reasons why a stage is rejected */
export const printCost = async ({ stage }: Values<typeof costCommand>): Promise<string> => {
  warn(enterStage(stage));
  return renderCost(await graphOf({ stage, inheritSettings: true }), readRegion(stage));
};
