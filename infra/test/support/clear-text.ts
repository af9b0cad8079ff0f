/** Where in a value a text occurs, as paths; what stands under `secret` is encrypted and not looked at. */
export const clearTextPaths = (value: unknown, text: string, at = ""): string[] => {
  if (typeof value === "string") return value.includes(text) ? [at] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value)
    .filter(([name]) => name !== "secret")
    .flatMap(([name, inner]) => clearTextPaths(inner, text, `${at}/${name}`));
};
