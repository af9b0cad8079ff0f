/**
 * What every command of Leo's takes from the command line. A command is data: its options make the usage,
 * the values' types, and the sentences about what was mistyped.
 */
import { parseArgs } from "node:util";
import { closest } from "./closest.ts";

interface TextOption {
  type: "text";
  about: string;
  /** What stands for the value in the usage: `NAME`. */
  value: string;
  default?: string;
  choices?: readonly string[];
}

interface NumberOption {
  type: "number";
  about: string;
  value: string;
  default?: number;
  min?: number;
  /** Whether fractions are rejected. */
  whole?: boolean;
}

interface FlagOption {
  type: "flag";
  about: string;
}

type Option = TextOption | NumberOption | FlagOption;

/** The one argument that may stand without a name: a folder, or what to do. */
interface Operand {
  /** What stands for it in the usage: `FOLDER`. */
  value: string;
  about: string;
  choices?: readonly string[];
  required?: boolean;
  /** There may be several: `operands` has them all. */
  many?: boolean;
}

export interface Command {
  /** As people type it: `npm run doctor`. */
  name: string;
  /** One sentence. */
  about: string;
  options: Record<string, Option>;
  operand?: Operand;
  /** Below the options: examples, environment variables. */
  notes?: string;
}

type Value<O extends Option> = O extends FlagOption
  ? boolean
  : | (O extends NumberOption ? number : O extends { choices: readonly (infer Choice)[] } ? Choice : string)
    | (O extends { default: string | number } ? never : undefined);

type OperandValue<O> = O extends Operand
  ? | (O extends { choices: readonly (infer Choice)[] } ? Choice : string)
    | (O extends { required: true } ? never : undefined)
  : undefined;

export type Values<C extends Command> = { [Name in keyof C["options"]]: Value<C["options"][Name]> } & {
  operand: OperandValue<C["operand"]>;
} & (C["operand"] extends { many: true } ? { operands: string[] } : unknown);

/** The command line is wrong; the message says how, in one sentence, and how to get the usage. */
export class UsageError extends Error {
  override name = "UsageError";
}

const EXIT_USAGE = 2;

/** npm's own options of the same names, which may be set for reasons that have nothing to do with Leo. */
const NPM_OWN = new Set(["dev", "dry-run", "force", "json", "only", "yes"]);

/** After npm's `--` options are the command's; before it npm keeps them for itself. */
const withSeparator = ({ name }: Command) => (name.includes(" -- ") ? name : `${name} --`);

const shape = (name: string, option: Option) =>
  option.type === "flag" ? `--${name}` : `--${name} ${option.value}`;

const described = ({ about, ...option }: Option): string => {
  const notes = [
    "choices" in option && option.choices && `one of ${option.choices.join(", ")}`,
    "default" in option && option.default !== undefined && `default ${option.default}`,
  ].filter(Boolean);
  return notes.length === 0 ? about : `${about} (${notes.join("; ")})`;
};

const columns = (rows: [left: string, right: string][]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
};

/** The text that `--help` prints. */
export const usage = (command: Command): string => {
  const { about, options, operand, notes } = command;
  const rows: [string, string][] = [
    ...Object.entries(options).map(([key, option]): [string, string] => [
      shape(key, option),
      described(option),
    ]),
    ["--help", "Show this text"],
  ];
  const value = operand && (operand.many ? `${operand.value}…` : operand.value);
  const placeholder = operand && (operand.required ? ` ${value}` : ` [${value}]`);
  const choices = operand?.choices ? `: ${operand.choices.join(", ")}` : "";
  return [
    about,
    "",
    `Usage: ${withSeparator(command)}${placeholder ?? ""} [options]`,
    "",
    ...(operand ? [...columns([[operand.value, `${operand.about}${choices}`]]), ""] : []),
    ...columns(rows),
    ...(notes === undefined ? [] : ["", notes]),
  ].join("\n");
};

const suggestion = (typed: string, known: string[], prefix = ""): string => {
  const found = closest(typed, known);
  return found === undefined ? "" : ` Did you mean ${prefix}${found}?`;
};

const oneOf = (choices: readonly string[]) => `one of ${choices.join(", ")}`;

const numberOf = (name: string, { min, whole }: NumberOption, text: string): number => {
  const number = Number(text);
  const isWrong = text.trim() === "" || !Number.isFinite(number) || (whole && !Number.isInteger(number));
  if (!isWrong && number >= (min ?? -Infinity)) return number;
  const kind = whole ? "a whole number" : "a number";
  throw new UsageError(
    `--${name} must be ${kind}${min === undefined ? "" : ` of at least ${min}`}, not "${text}".`,
  );
};

/** @throws UsageError */
const valueOf = (name: string, option: Option, text: string | undefined): string | number | boolean => {
  if (option.type === "flag") {
    if (text !== undefined) throw new UsageError(`--${name} takes no value.`);
    return true;
  }
  if (!text) throw new UsageError(`--${name} needs a value: --${name} ${option.value}.`);
  if (option.type === "number") return numberOf(name, option, text);
  if (option.choices && !option.choices.includes(text)) {
    throw new UsageError(
      `--${name} must be ${oneOf(option.choices)}, not "${text}".${suggestion(text, [...option.choices])}`,
    );
  }
  return text;
};

const operandOf = ({ operand }: Command, [first, ...rest]: string[]): string | undefined => {
  const stray = operand ? rest.find(() => !operand.many) : first;
  if (stray !== undefined) throw new UsageError(`Unexpected argument "${stray}".`);
  if (!operand) return undefined;
  if (first === undefined) {
    if (!operand.required) return undefined;
    const which = operand.choices ? `: ${oneOf(operand.choices)}` : "";
    throw new UsageError(`${operand.value} is missing${which}.`);
  }
  if (operand.choices && !operand.choices.includes(first)) {
    const hint = suggestion(first, [...operand.choices]);
    throw new UsageError(`${operand.value} must be ${oneOf(operand.choices)}, not "${first}".${hint}`);
  }
  return first;
};

/** `npm start --fresh` without `--`: npm takes the option and the command never sees it. */
const rejectTakenByNpm = (command: Command, env: NodeJS.ProcessEnv): void => {
  const taken = Object.keys(command.options).find(
    (option) => !NPM_OWN.has(option) && env[`npm_config_${option.replaceAll("-", "_")}`] !== undefined,
  );
  if (taken === undefined) return;
  throw new UsageError(
    `npm took --${taken} for an option of its own. Put -- before it: ${withSeparator(command)} --${taken} …`,
  );
};

/**
 * Reads a command line.
 * @param args without the program: `process.argv.slice(2)`
 * @param env in which npm leaves the options that it took for itself
 * @returns the values by the options' names, and the operand; `"help"` when the usage was asked for
 * @throws UsageError for an unknown option, a missing or wrong value, or an argument too many
 */
export const parseCommand = <const C extends Command>(
  command: C,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Values<C> | "help" => {
  const { options } = command;
  const declared = Object.entries(options).map(([name, { type }]) => {
    const kind = type === "flag" ? ("boolean" as const) : ("string" as const);
    return [name, { type: kind }] as const;
  });
  const { tokens } = parseArgs({
    args,
    options: { ...Object.fromEntries(declared), help: { type: "boolean", short: "h" } },
    strict: false,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === "option");
  if (given.some(({ name }) => name === "help")) return "help";
  rejectTakenByNpm(command, env);

  const values: Record<string, string | number | boolean | undefined> = {};
  for (const [name, option] of Object.entries(options)) {
    values[name] = option.type === "flag" ? false : option.default;
  }
  for (const { name, rawName, value, inlineValue } of given) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option) {
      const hint = suggestion(name, [...Object.keys(options), "help"], "--");
      throw new UsageError(`Unknown option ${rawName}.${hint}`);
    }
    // `--stage --json`: the next option is no value.
    const isNextOption = !inlineValue && value?.startsWith("-");
    values[name] = valueOf(name, option, isNextOption ? undefined : value);
  }
  const operands = tokens.filter((token) => token.kind === "positional").map(({ value }) => value);
  const operand = operandOf(command, operands);
  return { ...values, operand, ...(command.operand?.many && { operands }) } as Values<C>;
};

/** Ends this process because its command line is wrong: one sentence on standard error, exit code 2. */
export const rejectUsage = (command: Command, sentence: string): never => {
  process.stderr.write(`${sentence}\n${withSeparator(command)} --help shows the options.\n`);
  return process.exit(EXIT_USAGE);
};

/** Reads this process's command line. `--help` prints the usage and exits 0; a wrong one exits 2. */
export const readCommand = <const C extends Command>(command: C, args = process.argv.slice(2)): Values<C> => {
  try {
    const values = parseCommand(command, args, process.env);
    if (values !== "help") return values;
    process.stdout.write(`${usage(command)}\n`);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return rejectUsage(command, error.message);
  }
};
