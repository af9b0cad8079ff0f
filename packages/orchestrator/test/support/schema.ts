import fc from "fast-check";

/** The JSON schemas of the API's document, as far as its routes use them. */
export interface Schema {
  type?: string | string[];
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

export type Ids = Record<string, string>;

const idOf = (name: string, ids: Ids) => {
  const id = ids[name];
  if (id === undefined) throw new Error(`no id for ${name}: a new kind of id needs a value here`);
  return id;
};

const exampleText = ({ pattern, minLength = 1, maxLength = Infinity }: Schema): string => {
  if (pattern === undefined) return "example".padEnd(minLength, "x").slice(0, maxLength);
  const [text = ""] = fc.sample(fc.stringMatching(new RegExp(pattern)), { seed: 1, numRuns: 1 });
  return text;
};

/**
 * A value that the schema takes: every property, the shortest of everything else.
 * @param ids values of UUIDs by the name of their property
 * @throws Error for a kind of id that nobody thought of
 */
export const exampleOf = (schema: Schema, ids: Ids, name = "body"): unknown => {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return exampleOf(choice, ids, name);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, ids, name)));
  const [type] = [schema.type].flat();
  if (type === "object") {
    const entries = Object.entries(schema.properties ?? {});
    return Object.fromEntries(entries.map(([key, inner]) => [key, exampleOf(inner, ids, key)]));
  }
  if (type === "array") {
    return schema.items ? [exampleOf(schema.items, ids, name)].slice(0, schema.maxItems) : [];
  }
  if (type === "string") return schema.format === "uuid" ? idOf(name, ids) : exampleText(schema);
  if (type === "boolean") return true;
  if (type === "integer" || type === "number")
    return Math.max(schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1);
  return null;
};
