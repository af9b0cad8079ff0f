import { parseSync, Visitor } from "rolldown/utils";

/**
 * What a module imports, types included: `import`, `export … from`, `import()` and `import("…").Type`.
 * @param file its name, which says whether the text is TypeScript or TSX
 * @returns specifiers as they are written; a computed `import()` is left out
 * @throws Error when the text cannot be parsed
 */
export const importsOf = (file: string, text: string): string[] => {
  const { program, errors } = parseSync(file, text);
  const [error] = errors;
  if (error) throw new Error(`${file} cannot be parsed: ${error.message}`);
  const found: string[] = [];
  const take = (source: { type: string; value?: unknown } | null) => {
    if (typeof source?.value === "string") found.push(source.value);
  };
  new Visitor({
    ImportDeclaration: ({ source }) => take(source),
    ExportAllDeclaration: ({ source }) => take(source),
    ExportNamedDeclaration: ({ source }) => take(source),
    ImportExpression: ({ source }) => take(source),
    TSImportType: ({ source }) => take(source),
  }).visit(program);
  return found;
};
