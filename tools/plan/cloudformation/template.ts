/** A stage's resource graph as a CloudFormation template, for tools that know CloudFormation. */
import type { Graph, Resource } from "../graph/graph.ts";
import { capital, capitals, type Counterpart, type Part, type Properties } from "./types/counterpart.ts";
import { COUNTERPARTS } from "./counterparts.ts";

export interface TemplateResource {
  Type: string;
  Properties: Properties;
  DeletionPolicy?: "Retain";
  UpdateReplacePolicy?: "Retain";
}

export interface Template {
  AWSTemplateFormatVersion: "2010-09-09";
  /** One per secret value, so that no template contains one. */
  Parameters: Record<string, { Type: "String"; NoEcho: true }>;
  Resources: Record<string, TemplateResource>;
}

/** Provider types without an entry in the table. */
export const unmappedTypes = ({ resources }: Graph): string[] => [
  ...new Set(
    resources.map(({ type }) => type).filter((type) => type.startsWith("aws:") && !COUNTERPARTS[type]),
  ),
];

const alphanumeric = (text: string) => text.replaceAll(/[^A-Za-z0-9]/g, "");

const counterpartOf = ({ type }: Resource): Counterpart | undefined => {
  const found = COUNTERPARTS[type];
  return found && "type" in found ? found : undefined;
};

const partOf = ({ type }: Resource): Part | undefined => {
  const found = COUNTERPARTS[type];
  return found && "of" in found ? found : undefined;
};

/** Logical names: unique per type in Pulumi, unique overall in CloudFormation. */
const logicalNames = (resources: Resource[]): Map<Resource, string> => {
  const names = new Map<Resource, string>();
  const taken = new Set<string>();
  for (const resource of resources) {
    const plain = alphanumeric(resource.name);
    const name = taken.has(plain) ? plain + alphanumeric(resource.type.split(":").at(-1) ?? "") : plain;
    if (taken.has(name)) throw new Error(`Two resources would be called ${name}`);
    taken.add(name);
    names.set(resource, name);
  }
  return names;
};

const reference = (name: string, attribute: string) =>
  attribute === "Ref" ? { Ref: name } : { "Fn::GetAtt": [name, attribute] };

/** CloudFormation's reference for each value that the graph uses in place of AWS's responses. */
const referencesOf = (names: Map<Resource, string>): Map<string, object> => {
  const found = new Map<string, object>();
  for (const [resource, name] of names) {
    const { references = {} } = counterpartOf(resource) ?? {};
    for (const [attribute, target] of Object.entries(references)) {
      const value = resource.attributes[attribute];
      if (typeof value === "string") found.set(value, reference(name, target));
    }
  }
  return found;
};

const tagList = (tags: unknown) =>
  Object.entries(tags as Record<string, string>).map(([Key, Value]) => ({ Key, Value }));

/** Lists under the same name are joined. */
const join = (parts: Properties[]): Properties => {
  const joined: Properties = {};
  for (const [key, value] of parts.flatMap(Object.entries)) {
    const before = joined[key];
    joined[key] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }
  return joined;
};

const propertiesOf = (inputs: Properties, { inputs: known = {}, properties }: Counterpart): Properties => {
  if (properties) return properties(inputs);
  return join(
    Object.entries(inputs).map(([name, value]): Properties => {
      const how = known[name];
      if (typeof how === "function") return how(value, inputs);
      if (name === "tags" && how === undefined) return { Tags: tagList(value) };
      return { [how ?? capital(name)]: capitals(value) };
    }),
  );
};

const wholeOf = (part: Resource, { of, isPartOf }: Part, resources: Resource[]): Resource => {
  const whole = resources.find((resource) => resource.type === of && isPartOf(part.inputs, resource));
  if (!whole) throw new Error(`${part.type} ${part.name} belongs to no ${of}`);
  return whole;
};

/**
 * Renders a graph.
 * @param isWanted by CloudFormation's type; references to an unwanted resource keep the graph's own value
 * @throws Error for a type that's missing from the table
 */
export const templateOf = (graph: Graph, isWanted: (type: string) => boolean = () => true): Template => {
  const unmapped = unmappedTypes(graph);
  if (unmapped.length > 0)
    throw new Error(`No CloudFormation counterpart is known for ${unmapped.join(", ")}`);
  const resources = graph.resources.filter(({ type }) => type.startsWith("aws:"));
  const isMade = (resource: Resource) => {
    const type = counterpartOf(resource)?.type;
    return type !== undefined && isWanted(type);
  };
  const names = logicalNames(resources.filter(isMade));
  const references = referencesOf(names);
  const template: Template = { AWSTemplateFormatVersion: "2010-09-09", Parameters: {}, Resources: {} };

  /** Replaces the graph's stand-ins with references and parameters. */
  const resolved = (value: unknown, name: string): unknown => {
    if (typeof value === "string") return references.get(value) ?? value;
    if (Array.isArray(value)) return value.map((inner) => resolved(inner, name));
    if (value === null || typeof value !== "object") return value;
    if ("secret" in value) {
      const parameter = `${name}Value`;
      template.Parameters[parameter] = { Type: "String", NoEcho: true };
      return { Ref: parameter };
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, name)]));
  };

  const add = (name: string, Type: string, properties: Properties, keep: boolean) => {
    template.Resources[name] = {
      Type,
      ...(keep ? { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" } : {}),
      Properties: resolved(properties, name) as Properties,
    };
  };

  for (const resource of resources) {
    const counterpart = counterpartOf(resource);
    const name = names.get(resource);
    if (!counterpart || name === undefined) continue;
    const parts = resources.flatMap((other): Properties[] => {
      const part = partOf(other);
      return part && wholeOf(other, part, resources) === resource ? [part.properties(other.inputs)] : [];
    });
    const own = propertiesOf(resource.inputs, counterpart);
    add(name, counterpart.type, join([own, ...parts]), resource.options.retainOnDelete);
    const beside = counterpart.beside?.(resource.inputs, { Ref: name }) ?? {};
    for (const [ending, extra] of Object.entries(beside)) {
      add(name + ending, extra.Type, extra.Properties, false);
    }
  }
  return template;
};
