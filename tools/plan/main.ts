/** `npm run plan -- graph | cost | policy`: what a deploy would create, cost and need permission for. */
import { type Command, readCommand } from "../command.ts";
import { printOrFail } from "../report.ts";
import { costCommand, printCost } from "./cost/command.ts";
import { graphCommand, printGraph } from "./graph/command.ts";
import { policyCommand, printPolicy } from "./policy/command.ts";

const planCommand = {
  name: "npm run plan",
  about: "Inspects a stage before it is deployed. Needs no AWS account.",
  options: {},
  operand: {
    value: "WHAT",
    about: "What to print",
    choices: ["graph", "cost", "policy"],
    required: true,
  },
  notes: `npm run plan -- policy --help shows the policy's options; likewise for graph and cost.`,
} as const satisfies Command;

const [what, ...args] = process.argv.slice(2);

/** The same command under the name that was typed. */
const typed = <const C extends Command>(command: C): C => ({ ...command, name: `npm run plan -- ${what}` });

const planned = (): Promise<string> => {
  switch (what) {
    case "graph":
      return printGraph(readCommand(typed(graphCommand), args));
    case "cost":
      return printCost(readCommand(typed(costCommand), args));
    case "policy":
      return printPolicy(readCommand(policyCommand, args));
    default:
      readCommand(planCommand);
      throw new Error(`${what} is listed, but nothing prints it`);
  }
};

await printOrFail(planned);
