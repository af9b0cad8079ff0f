import type { Graph } from "./graph.ts";

/** Everything that can be reached from a node, over at least one edge. */
const reachedFrom = (graph: Graph, start: string): Set<string> => {
  const reached = new Set<string>();
  const waiting = [start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const next of graph.get(node)?.keys() ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(next);
    }
  }
  return reached;
};

/** The groups of nodes that all reach each other. */
export const cyclesOf = (graph: Graph): string[][] => {
  const reached = new Map([...graph.keys()].map((node) => [node, reachedFrom(graph, node)]));
  const cycles: string[][] = [];
  const placed = new Set<string>();
  for (const [node, others] of reached) {
    if (placed.has(node) || !others.has(node)) continue;
    const cycle = [...others].filter((other) => reached.get(other)?.has(node)).toSorted();
    for (const each of cycle) placed.add(each);
    cycles.push(cycle);
  }
  return cycles;
};
