/**
 * The languages that generated apps are written in. The build puts this in the place of Shiki's own
 * list, whose three hundred grammars would all have to be built, stored and served.
 */
export const bundledLanguages = {
  css: () => import("shiki/langs/css.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  jsx: () => import("shiki/langs/jsx.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  shellscript: () => import("shiki/langs/shellscript.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

type Language = keyof typeof bundledLanguages;

const BY_ENDING: Record<string, Language> = {
  css: "css",
  html: "html",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  json: "json",
  webmanifest: "json",
  jsx: "jsx",
  md: "markdown",
  sh: "shellscript",
  sql: "sql",
  tsx: "tsx",
  ts: "typescript",
  mts: "typescript",
  svg: "xml",
  xml: "xml",
  yml: "yaml",
  yaml: "yaml",
};

/** The language of a file by its name; plain text where it is none of the above. */
export const languageOf = (path: string): Language | "text" =>
  BY_ENDING[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? "text";
