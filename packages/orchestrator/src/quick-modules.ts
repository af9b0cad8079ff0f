/**
 * Node 24 parses all the `exports` of a package again for each import of it and for each of its modules.
 * drizzle-orm has 170 KB of them and 108 modules here: that was half of the processor time of a start.
 */
import { registerHooks, type ResolveFnOutput } from "node:module";

const PACKAGE = /^drizzle-orm(\/|$)/;
const INSIDE = "/node_modules/drizzle-orm/";

/**
 * Imports as ever, but resolves each name of drizzle-orm once, and takes a module that another one of it
 * names by its path for what it is.
 */
export const quickly = async <T>(load: () => Promise<T>): Promise<T> => {
  const known = new Map<string, ResolveFnOutput>();
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const { parentURL = "", conditions } = context;
      if (!conditions.includes("import")) return next(specifier, context);
      if (PACKAGE.test(specifier)) {
        const found = known.get(specifier) ?? next(specifier, context);
        known.set(specifier, found);
        return { ...found, shortCircuit: true };
      }
      if (!parentURL.includes(INSIDE) || !/^\..*\.js$/.test(specifier)) return next(specifier, context);
      return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true };
    },
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
};
