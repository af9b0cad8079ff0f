import type { Graph } from "./graph.ts";

const arrow = (graph: Graph, from: string): string => {
  const to = [...(graph.get(from)?.keys() ?? [])].toSorted();
  return to.length === 0 ? `  ${from}` : `  ${from} -> ${to.join(", ")}`;
};

/** A line for each folder: what it imports from. */
export const renderGraph = (name: string, graph: Graph): string =>
  [name, ...[...graph.keys()].toSorted().map((from) => arrow(graph, from))].join("\n");

/** The imports that make a cycle, folder by folder. */
export const renderCycle = (name: string, graph: Graph, cycle: string[]): string => {
  const edges = cycle.flatMap((from) =>
    cycle.flatMap((to) => {
      const imports = graph.get(from)?.get(to) ?? [];
      return imports.length === 0 ? [] : [`  ${from} -> ${to}`, ...imports.map((each) => `    ${each}`)];
    }),
  );
  return [`${name}: ${cycle.length} folders import each other`, ...edges].join("\n");
};
