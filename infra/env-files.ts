import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

const DEFAULTS = ".env.defaults";

/** The project's folder: the nearest one upwards that has `.env.defaults`. */
const rootFrom = (folder: string): string => {
  if (existsSync(path.join(folder, DEFAULTS))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`No ${DEFAULTS} here or above; run this inside the project.`);
  return rootFrom(parent);
};

const readEnvFile = (file: string) => (existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {});

/** The committed defaults alone. */
export const committedDefaults = () => readEnvFile(path.join(rootFrom(process.cwd()), DEFAULTS));

/**
 * The environment over `.env` over `.env.{stage}` over `.env.defaults`: SST's own order, with the
 * committed defaults beneath.
 * @param env usually `process.env`; an empty value there hides the files' value
 */
export const layeredEnvironment = (
  stage: string,
  env: Record<string, string | undefined>,
): Record<string, string | undefined> => {
  const root = rootFrom(process.cwd());
  const files = [DEFAULTS, `.env.${stage}`, ".env"].map((name) => readEnvFile(path.join(root, name)));
  return Object.assign({}, ...files, env) as Record<string, string | undefined>;
};
