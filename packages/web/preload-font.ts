import type { Plugin } from "vite";

/** The font of most text, in its latin part: asked for with the page, it is there before the first words. */
const FIRST_FONT = /geist-latin-wght-normal-[\w-]+\.woff2$/;

/** Adds a preload of the first font to the page, so that no text moves when the font comes. */
export const preloadFont = (): Plugin => ({
  name: "leo-preload-font",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle = {} }) => {
      const font = Object.keys(bundle).find((name) => FIRST_FONT.test(name));
      if (!font) throw new Error("The build has no font that could be loaded first.");
      const attrs = { rel: "preload", href: `/${font}`, as: "font", type: "font/woff2", crossorigin: "" };
      return [{ tag: "link", attrs, injectTo: "head" }];
    },
  },
});
