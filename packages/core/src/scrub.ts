import { TOKEN_SHAPES } from "./token-shapes.ts";

/** The text with every known token shape replaced by `[removed: name]`. */
export const scrub = (text: string): string =>
  TOKEN_SHAPES.reduce((clean, { name, shape }) => clean.replace(shape, `[removed: ${name}]`), text);

/** A copy in which every string, at any depth, is scrubbed. Keys are kept. */
export const scrubDeep = <T>(value: T): T => {
  if (typeof value === "string") return scrub(value) as T;
  if (Array.isArray(value)) return value.map(scrubDeep) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, scrubDeep(inner)])) as T;
};
