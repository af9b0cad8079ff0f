import { expect, test } from "vitest";
import { type Command, parseCommand, usage } from "../command.ts";

const COMMAND = {
  name: "npm run example",
  about: "Shows how a command is described.",
  options: {
    stage: { type: "text", value: "NAME", default: "prod", about: "The stage" },
    out: { type: "text", value: "FILE", about: "Where to write" },
    view: { type: "text", value: "VIEW", choices: ["table", "list"], about: "How to show it" },
    rounds: { type: "number", value: "N", default: 5, min: 1, whole: true, about: "How often" },
    fresh: { type: "flag", about: "Begin with nothing" },
  },
} as const satisfies Command;

const WITH_OPERAND = {
  ...COMMAND,
  operand: { value: "WHAT", about: "What to print", choices: ["policy", "graph"], required: true },
} as const satisfies Command;

const complaint = (command: Command, args: string[], env: NodeJS.ProcessEnv = {}) => {
  try {
    return parseCommand(command, args, env);
  } catch (error) {
    return (error as Error).message;
  }
};

test("values have their types and defaults", () => {
  expect(parseCommand(COMMAND, [])).toEqual({ stage: "prod", rounds: 5, fresh: false });
  const values = parseCommand(COMMAND, ["--stage", "ada", "--rounds=2", "--fresh", "--view", "list"]);
  expect(values).toEqual({ stage: "ada", rounds: 2, fresh: true, view: "list" });
  if (values === "help") throw new Error("no help was asked for");
  const { view }: { view: "table" | "list" | undefined } = values;
  expect(view).toBe("list");
  expect(parseCommand(WITH_OPERAND, ["policy", "--fresh"])).toMatchObject({ operand: "policy" });
});

test.each([
  [["--frsh"], "Unknown option --frsh. Did you mean --fresh?"],
  [["--fre"], "Unknown option --fre. Did you mean --fresh?"],
  [["--hlep"], "Unknown option --hlep. Did you mean --help?"],
  [["--frsh=yes"], "Unknown option --frsh. Did you mean --fresh?"],
  [["--colour"], "Unknown option --colour."],
  [["--toString"], "Unknown option --toString."],
  [["-x"], "Unknown option -x."],
  [["--fresh=yes"], "--fresh takes no value."],
  [["--stage"], "--stage needs a value: --stage NAME."],
  [["--stage="], "--stage needs a value: --stage NAME."],
  [["--stage", "--fresh"], "--stage needs a value: --stage NAME."],
  [["--rounds", "many"], '--rounds must be a whole number of at least 1, not "many".'],
  [["--rounds", "1.5"], '--rounds must be a whole number of at least 1, not "1.5".'],
  [["--rounds", "0"], '--rounds must be a whole number of at least 1, not "0".'],
  [["--view", "tabel"], '--view must be one of table, list, not "tabel". Did you mean table?'],
  [["prod"], 'Unexpected argument "prod".'],
  [["--fresh", "--", "--stage"], 'Unexpected argument "--stage".'],
])("%j is named in one sentence", (args, sentence) => {
  expect(complaint(COMMAND, args)).toBe(sentence);
});

test.each([
  [[], "WHAT is missing: one of policy, graph."],
  [["polcy"], 'WHAT must be one of policy, graph, not "polcy". Did you mean policy?'],
  [["policy", "graph"], 'Unexpected argument "graph".'],
])("of the operand, %j is named too", (args, sentence) => {
  expect(complaint(WITH_OPERAND, args)).toBe(sentence);
});

test("an operand may stand several times, if the command says so", () => {
  const command = { ...COMMAND, operand: { value: "FILE", about: "What to read", many: true } } as const;
  expect(parseCommand(command, ["a", "--fresh", "b"])).toMatchObject({ fresh: true, operands: ["a", "b"] });
  expect(parseCommand(command, [])).toMatchObject({ operands: [] });
  expect(usage(command)).toContain("Usage: npm run example -- [FILE…] [options]");
});

test("an option that npm took for itself is not lost without a word", () => {
  const env = { npm_config_fresh: "true" };
  expect(complaint(COMMAND, [], env)).toBe(
    "npm took --fresh for an option of its own. Put -- before it: npm run example -- --fresh …",
  );
  expect(
    complaint({ ...COMMAND, options: { json: { type: "flag", about: "" } } }, [], {
      npm_config_json: "true",
    }),
  ).toMatchObject({ json: false });
});

test("help is asked for, whatever else is wrong, and names every option", () => {
  expect(parseCommand(COMMAND, ["--frsh", "--help"])).toBe("help");
  expect(parseCommand(COMMAND, ["-h"])).toBe("help");
  expect(usage(WITH_OPERAND).split("\n")).toEqual([
    "Shows how a command is described.",
    "",
    "Usage: npm run example -- WHAT [options]",
    "",
    "  WHAT  What to print: policy, graph",
    "",
    "  --stage NAME  The stage (default prod)",
    "  --out FILE    Where to write",
    "  --view VIEW   How to show it (one of table, list)",
    "  --rounds N    How often (default 5)",
    "  --fresh       Begin with nothing",
    "  --help        Show this text",
  ]);
});
