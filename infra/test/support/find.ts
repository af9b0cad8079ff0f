import type { Graph, Resource } from "../../../tools/plan/graph/graph.ts";

/** Every resource of a type; `type` without the provider, such as `ecs/service:Service`. */
export const all = (graph: Graph, type: string): Resource[] =>
  graph.resources.filter((resource) => resource.type === `aws:${type}` || resource.type === type);

/** The one resource of a type and logical name. Throws when it is not there. */
export const one = (graph: Graph, type: string, name?: string): Resource["inputs"] => {
  const found = all(graph, type).filter((resource) => name === undefined || resource.name === name);
  const [first] = found;
  if (!first || found.length > 1) {
    throw new Error(`${found.length} resources of type ${type}${name ? ` named ${name}` : ""}, not one`);
  }
  return first.inputs;
};

export interface Container {
  name: string;
  image: string;
  user?: string;
  command?: string[];
  essential?: boolean;
  memory?: number;
  stopTimeout?: number;
  readonlyRootFilesystem?: boolean;
  pseudoTerminal?: boolean;
  portMappings?: { containerPort: number }[];
  environment?: { name: string; value: string }[];
  secrets?: { name: string; valueFrom: string }[];
  dependsOn?: { containerName: string; condition: string }[];
  linuxParameters?: { initProcessEnabled?: boolean; capabilities?: { drop?: string[] } };
  logConfiguration?: { logDriver: string; options: Record<string, string> };
}

export const containersOf = (graph: Graph, task: "GeneratorTask" | "OrchestratorTask"): Container[] =>
  JSON.parse(
    one(graph, "ecs/taskDefinition:TaskDefinition", task).containerDefinitions as string,
  ) as Container[];

export const container = (
  graph: Graph,
  task: "GeneratorTask" | "OrchestratorTask",
  name: string,
): Container => {
  const found = containersOf(graph, task).find((candidate) => candidate.name === name);
  if (!found) throw new Error(`${task} has no container ${name}`);
  return found;
};

export const environmentOf = ({ environment }: Container): Record<string, string> =>
  Object.fromEntries((environment ?? []).map(({ name, value }) => [name, value]));
