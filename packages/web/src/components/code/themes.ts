/** The two themes in use. The build puts this in the place of the viewer's own list of all there are. */
const LOADERS: Record<string, () => Promise<unknown>> = {
  "pierre-dark": () => import("@pierre/theme/pierre-dark"),
  "pierre-light": () => import("@pierre/theme/pierre-light"),
};

export const themes = {
  getTheme: (name: string) => {
    const load = LOADERS[name];
    return load && { name, load };
  },
};
