/** `npm run folders`: which folders import from which. Exits 1 when folders of a package import each other. */
import path from "node:path";
import { type Command, readCommand, rejectUsage } from "../command.ts";
import { cyclesOf } from "./cycles.ts";
import { folderGraph } from "./graph.ts";
import { partsOf } from "./parts.ts";
import { renderCycle, renderGraph } from "./render.ts";

const COMMAND = {
  name: "npm run folders",
  about: "Prints which folders of a package import from which, and fails when they form a cycle.",
  operand: { value: "PACKAGE", about: "Some packages only", many: true },
  options: { cycles: { type: "flag", about: "Print the cycles and nothing else" } },
  notes: "Example: npm run folders -- orchestrator",
} as const satisfies Command;

const ROOT = path.resolve(import.meta.dirname, "../..");

const { operands: wanted, cycles: onlyCycles } = readCommand(COMMAND);
const parts = partsOf(ROOT);
const unknown = wanted.find((name) => !parts.some((part) => part.name === name));
if (unknown !== undefined) {
  const names = parts.map(({ name }) => name).join(", ");
  rejectUsage(COMMAND, `There is no package "${unknown}". There are ${names}.`);
}

const found = parts
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  .map(({ name, ...part }) => ({ name, graph: folderGraph(ROOT, { name, ...part }) }));
if (!onlyCycles) console.log(found.map(({ name, graph }) => renderGraph(name, graph)).join("\n\n"));
for (const { name, graph } of found) {
  for (const cycle of cyclesOf(graph)) {
    console.error(renderCycle(name, graph, cycle));
    process.exitCode = 1;
  }
}
