import { expect } from "vitest";
import type { TestApi } from "./api.ts";
import type { Schema } from "./schema.ts";

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}

export interface Operation {
  method: string;
  /** As OpenAPI writes it, with `{names}`. */
  path: string;
  isPublic: boolean;
  parameters: Parameter[];
  /** The schema of the JSON body; absent for a route that takes none. */
  body?: Schema;
}

interface DocumentedOperation {
  security?: unknown[];
  requestBody?: { content: { "application/json"?: { schema: Schema } } };
  parameters?: Parameter[];
}

interface Document {
  paths: Record<string, Record<string, DocumentedOperation>>;
}

/** Every operation of the API, read from the document that the API itself serves. */
export const operationsOf = async (api: Pick<TestApi, "call">): Promise<Operation[]> => {
  const { status, body } = await api.call<Document>(null, "GET", "/api/openapi.json");
  expect(status).toBe(200);
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      isPublic: operation.security?.length === 0,
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content["application/json"]?.schema,
    })),
  );
};

/** `METHOD /path`, as tests list them. */
export const nameOf = ({ method, path }: Operation) => `${method} ${path}`;

/** The path with values in the place of its parameters. */
export const fill = (path: string, values: Record<string, string>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new Error(`no value for {${name}} in ${path}: a new parameter needs one here`);
    return value;
  });
