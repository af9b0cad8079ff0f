/** The two themes in use. The build puts this in the place of the viewer's own list of all there are. */
import { withContrast, type SyntaxTheme } from "./contrast.ts";

/** The least that WCAG AA asks of text, with something to spare for rounding. */
const MIN_RATIO = 4.6;

/** Where text has the least contrast: on the marked line in the dark, on changed words in the light. */
export const WORST_GROUND = { dark: "#2b3a4e", light: "#f5cfcb" } as const;

const legible = async (kind: "dark" | "light", loading: Promise<{ default: unknown }>) => {
  const { default: theme } = await loading;
  return { default: withContrast(theme as SyntaxTheme, WORST_GROUND[kind], MIN_RATIO) };
};

const LOADERS: Record<string, () => Promise<{ default: SyntaxTheme }>> = {
  "pierre-dark": () => legible("dark", import("@pierre/theme/pierre-dark")),
  "pierre-light": () => legible("light", import("@pierre/theme/pierre-light")),
};

export const themes = {
  getTheme: (name: string) => {
    const load = LOADERS[name];
    return load && { name, load };
  },
};
