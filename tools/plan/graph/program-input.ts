import type { ProgramInput } from "./graph.ts";

/** What `run-graph.ts` passes to the program. */
export const input = JSON.parse(process.env.LEO_GRAPH_INPUT ?? "{}") as ProgramInput;
