/** Stands for highlighters that the viewer could load but Leo never asks for: they need WebAssembly. */
const absent = (): never => {
  throw new Error("This highlighter is not part of the build.");
};

export const codeToTokens = absent;
export const isSupportedLanguage = absent;
export const createOnigurumaEngine = absent;
export const themes = {};
export const LiveTokenizer = absent;
