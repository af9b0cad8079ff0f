/**
 * Settings come from four places, in SST's own order: `.env.{stage}` over the environment over `.env`, and
 * beneath them the committed `.env.defaults`, which SST does not know. Everything that reads settings reads
 * them here, so that a command describes the stage that `sst deploy` makes.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { EnvSyntaxError, parseEnvText } from "./env-syntax.ts";

export type Environment = Record<string, string | undefined>;

const DEFAULTS = ".env.defaults";

/** For tests: the folder of `.env` and `.env.{stage}`, instead of the project's. */
const FOLDER_VARIABLE = "LEO_SETTINGS_FOLDER";

/** Add it to an environment that no `.env` file of this machine may change. */
export const WITHOUT_ENV_FILES = { [FOLDER_VARIABLE]: "/dev/null" };

/** The project's folder: the nearest one upwards that has `.env.defaults`. */
const rootFrom = (folder: string): string => {
  if (existsSync(path.join(folder, DEFAULTS))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error(`No ${DEFAULTS} here or above; run this inside the project.`);
  return rootFrom(parent);
};

interface EnvFile {
  name: string;
  values: Record<string, string>;
  /** Why SST ignores the whole file. */
  problem?: string;
}

const readEnvFile = (folder: string, name: string): EnvFile => {
  const file = path.join(folder, name);
  if (!existsSync(file)) return { name, values: {} };
  try {
    return { name, values: parseEnvText(readFileSync(file, "utf8")) };
  } catch (error) {
    if (!(error instanceof EnvSyntaxError)) throw error;
    const problem = `line ${error.line} of ${name} ${error.message}, so SST ignores the whole file; correct that line`;
    return { name, values: {}, problem };
  }
};

const readFiles = (stage: string, env: Environment) => {
  const folder = env[FOLDER_VARIABLE] ?? rootFrom(process.cwd());
  return { ofStage: readEnvFile(folder, `.env.${stage}`), shared: readEnvFile(folder, ".env") };
};

/** The committed defaults alone. */
export const committedDefaults = () => readEnvFile(rootFrom(process.cwd()), DEFAULTS).values;

/**
 * What SST's own process has for this stage: `.env.{stage}` over the environment over `.env`.
 * @param env usually `process.env`; an empty value counts as one, as it does for SST
 */
export const sstEnvironment = (stage: string, env: Environment): Environment => {
  const { ofStage, shared } = readFiles(stage, env);
  return { ...shared.values, ...env, ...ofStage.values };
};

/** The same over the committed defaults. */
export const layeredEnvironment = (stage: string, env: Environment): Environment => ({
  ...committedDefaults(),
  ...sstEnvironment(stage, env),
});

/** One sentence for each file that SST ignores because of a mistake in it. */
export const envFileProblems = (stage: string, env: Environment): string[] => {
  const { ofStage, shared } = readFiles(stage, env);
  return [ofStage, shared].flatMap(({ problem }) => problem ?? []);
};

/** Settings and the choice of an account may be printed; any other variable may hold a secret. */
const isPrintable = (name: string, defaults: Record<string, string>) =>
  name in defaults || ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"].includes(name);

const shown = (value: string) => (value === "" ? "empty" : value);

/** One sentence for each variable that the environment and `.env.{stage}` set to different values. */
export const envConflicts = (stage: string, env: Environment): string[] => {
  const { name: file, values } = readFiles(stage, env).ofStage;
  const defaults = committedDefaults();
  return Object.entries(values).flatMap(([name, value]) => {
    const outer = env[name];
    if (outer === undefined || outer === value) return [];
    const said = isPrintable(name, defaults)
      ? `${name} is ${shown(outer)} in the environment but ${shown(value)} in ${file}`
      : `${name} has one value in the environment and another in ${file}`;
    return [`${said}; ${file} wins, as it does for SST.`];
  });
};

/**
 * Gives this process the environment that SST's has for the stage, so that AWS's own variables, such as
 * AWS_PROFILE in `.env.prod`, count as well.
 * @returns one sentence for each variable whose former value was overruled
 */
export const enterStage = (stage: string, env: Environment = process.env): string[] => {
  const conflicts = envConflicts(stage, env);
  Object.assign(env, sstEnvironment(stage, env));
  return conflicts;
};
