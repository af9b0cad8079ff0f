/** How a resource of Pulumi's AWS provider translates to CloudFormation. */
import type { Resource } from "../../graph/graph.ts";

export type Properties = Record<string, unknown>;

/** How other resources refer to one: `Ref`, or an attribute's name for `Fn::GetAtt`. */
type Reference = "Ref" | (string & {});

/** Turns one input into properties. Arrays of several inputs under the same name are joined. */
type Translate = (value: unknown, inputs: Properties) => Properties;

export interface Counterpart {
  type: string;
  /**
   * Inputs with another name or shape: the property's name, or how to make properties from the value. Every
   * other input keeps its name, capitalized.
   */
  inputs?: Record<string, string | Translate>;
  /** Makes the properties from all inputs at once; replaces `inputs`. */
  properties?: (inputs: Properties) => Properties;
  /** CloudFormation's equivalents of attributes that Pulumi computes: `id`, `arn`, `url`, … */
  references?: Record<string, Reference>;
  /** Additional resources that CloudFormation needs, by the suffix of their logical name. */
  beside?: (inputs: Properties, self: unknown) => Record<string, { Type: string; Properties: Properties }>;
}

/** A Pulumi resource that is a property of another resource in CloudFormation. */
export interface Part {
  /** Type of the resource it belongs to. */
  of: string;
  /** Whether a resource of that type is the right one. */
  isPartOf: (part: Properties, whole: Resource) => boolean;
  properties: (inputs: Properties) => Properties;
}

/** A type that CloudFormation has no resource for, and why. */
export interface Absent {
  absent: string;
}

export const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** Maps whose keys are data and keep their case. */
const MAPS = new Set(["options", "Options", "variables", "Variables", "condition"]);

/** A value with all its property names capitalized. */
export const capitals = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(capitals);
  if (value === null || typeof value !== "object" || "secret" in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [capital(key), MAPS.has(key) ? inner : capitals(inner)]),
  );
};

/** The input exists for Pulumi or SST only; CloudFormation has no such setting. */
export const dropped: Translate = () => ({});

/** JSON text, which is an object in CloudFormation. */
export const parsed =
  (name: string): Translate =>
  (value) => ({
    [name]: typeof value === "string" ? (JSON.parse(value) as unknown) : value,
  });

/** A number or flag in a list of named attributes, as load balancers have. */
export const attribute =
  (list: string, key: string): Translate =>
  (value) => ({ [list]: [{ Key: key, Value: String(value) }] });

/** A flag expressed as a word. */
export const enabled = (value: unknown) => (value === true ? "ENABLED" : "DISABLED");
