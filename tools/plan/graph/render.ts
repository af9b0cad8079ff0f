import type { Graph, Resource } from "./graph.ts";

const MAX_VALUE = 140;

const isSecret = (value: unknown) => value !== null && typeof value === "object" && "secret" in value;

/** Secrets are never printed, not even stand-ins. */
const show = (value: unknown): string => {
  if (typeof value === "string") return value;
  const hidden = (_: string, inner: unknown) => (isSecret(inner) ? "(secret)" : inner);
  return isSecret(value) ? "(secret)" : (JSON.stringify(value, hidden) ?? "");
};

const cut = (text: string) => (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text);
const isEmpty = (value: unknown) =>
  value === "" || (Array.isArray(value) && value.length === 0) || value === null || value === undefined;

/** SST's own bookkeeping, which creates nothing in AWS. */
const isBookkeeping = ({ type }: Resource) =>
  /^(pulumi:pulumi:Stack|sst:sst:(LinkRef|Version|DevCommand|Secret)|pulumi-nodejs:)/.test(type);

const service = ({ type }: Resource) => type.split("/")[0] ?? type;

const renderResource = (resource: Resource): string[] => {
  const settings = Object.entries(resource.inputs).filter(([, value]) => !isEmpty(value));
  const width = Math.max(0, ...settings.map(([name]) => name.length));
  const kind = resource.type.split(":").at(-1) ?? resource.type;
  const takenOver = resource.options.import === undefined ? "" : `  (taken over: ${resource.options.import})`;
  return [
    `  ${kind} ${resource.name}${resource.parent ? `  (in ${resource.parent})` : ""}${takenOver}`,
    ...settings.map(([name, value]) => `    ${name.padEnd(width)}  ${cut(show(value))}`),
  ];
};

const outputLines = (graph: Graph) =>
  Object.entries(graph.outputs)
    .filter(([name]) => !name.startsWith("_"))
    .map(([name, value]) => `  ${name}: ${show(value)}`);

const shownResources = (graph: Graph) =>
  graph.resources.filter((resource) => !isBookkeeping(resource) && !resource.type.startsWith("sst:"));

/** What identifies a resource at a glance: its physical name and a setting or two. */
const gist = ({ inputs, options }: Resource): string => {
  const name = inputs.family ?? inputs.bucket ?? inputs.name ?? inputs.dashboardName ?? "";
  const rest = Object.entries(inputs).filter(
    ([key, value]) => !["name", "family", "bucket", "tags", "dashboardName"].includes(key) && !isEmpty(value),
  );
  const adopted = options.import === undefined ? [] : ["taken over"];
  return [show(name), ...adopted, ...rest.map(([key, value]) => `${key}=${show(value)}`)]
    .filter(Boolean)
    .join("  ");
};

/** The graph as a table: type, logical name, gist; one line each. */
export const renderTable = (graph: Graph): string => {
  const rows = shownResources(graph)
    .map(
      (resource) =>
        [
          resource.type.replace(/^aws:/, "").replace(/\/.*:/, " "),
          resource.name,
          cut(gist(resource)),
        ] as const,
    )
    .toSorted(([a, x], [b, y]) => a.localeCompare(b) || x.localeCompare(y));
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  const [typeWidth, nameWidth] = [width(0), width(1)];
  const lines = rows.map(
    ([type, name, rest]) => `${type.padEnd(typeWidth)}  ${name.padEnd(nameWidth)}  ${rest}`,
  );
  return [...graph.printed, ...lines, "", `${rows.length} resources`, "Outputs", ...outputLines(graph)].join(
    "\n",
  );
};

/** The graph as text: by service, each resource with its settings, then the outputs. */
export const renderGraph = (graph: Graph): string => {
  const shown = shownResources(graph);
  const groups = Map.groupBy(shown, service);
  const sections = [...groups.keys()].toSorted().flatMap((name) => {
    const resources = (groups.get(name) ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
    return [`${name} (${resources.length})`, ...resources.flatMap(renderResource), ""];
  });
  return [...graph.printed, ...sections, `${shown.length} resources`, "Outputs", ...outputLines(graph)].join(
    "\n",
  );
};
