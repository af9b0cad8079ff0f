import type { Graph, Resource } from "./graph.ts";

const MAX_VALUE = 160;

/** Secrets are never printed, not even stand-ins. */
const show = (value: unknown): string => {
  if (typeof value === "string") return value;
  const text = JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && "secret" in inner ? "(secret)" : inner,
  );
  return text ?? "";
};

const cut = (text: string) => (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text);
const isEmpty = (value: unknown) =>
  value === "" || (Array.isArray(value) && value.length === 0) || value === null || value === undefined;

/** SST's own bookkeeping, which makes nothing in AWS. */
const isBookkeeping = ({ type }: Resource) =>
  /^(pulumi:pulumi:Stack|sst:sst:(LinkRef|Version|DevCommand|Secret)|pulumi-nodejs:)/.test(type);

const service = ({ type }: Resource) => type.split("/")[0] ?? type;

const renderResource = (resource: Resource): string[] => {
  const settings = Object.entries(resource.inputs).filter(([, value]) => !isEmpty(value));
  const width = Math.max(0, ...settings.map(([name]) => name.length));
  const kind = resource.type.split(":").at(-1) ?? resource.type;
  return [
    `  ${kind} ${resource.name}${resource.parent ? `  (in ${resource.parent})` : ""}`,
    ...settings.map(([name, value]) => `    ${name.padEnd(width)}  ${cut(show(value))}`),
  ];
};

/** The graph as text: by service, each resource with its settings, then the outputs. */
export const renderGraph = (graph: Graph): string => {
  const shown = graph.resources.filter(
    (resource) => !isBookkeeping(resource) && !resource.type.startsWith("sst:"),
  );
  const groups = Map.groupBy(shown, service);
  const sections = [...groups.keys()].toSorted().flatMap((name) => {
    const resources = (groups.get(name) ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
    return [`${name} (${resources.length})`, ...resources.flatMap(renderResource), ""];
  });
  const outputs = Object.entries(graph.outputs)
    .filter(([name]) => !name.startsWith("_"))
    .map(([name, value]) => `  ${name}: ${show(value)}`);
  return [...graph.printed, ...sections, `${shown.length} resources`, "Outputs", ...outputs].join("\n");
};
