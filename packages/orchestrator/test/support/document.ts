import { expect } from "vitest";
import type { TestApi } from "./api.ts";

export interface Operation {
  method: string;
  /** As OpenAPI writes it, with `{names}`. */
  path: string;
  isPublic: boolean;
  takesBody: boolean;
  parameters: { name: string; in: string }[];
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      { security?: unknown[]; requestBody?: unknown; parameters?: { name: string; in: string }[] }
    >
  >;
}

/** Every operation of the API, read from the document that the API itself serves. */
export const operationsOf = async (api: TestApi): Promise<Operation[]> => {
  const { status, body } = await api.call<Document>(null, "GET", "/api/openapi.json");
  expect(status).toBe(200);
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      isPublic: operation.security?.length === 0,
      takesBody: operation.requestBody !== undefined,
      parameters: operation.parameters ?? [],
    })),
  );
};

/** The path with values in the place of its parameters. */
export const fill = (path: string, values: Record<string, string>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new Error(`no value for {${name}} in ${path}: a new parameter needs one here`);
    return value;
  });
