/** `npm run cost`: the same as `npm run plan -- cost`. */
import { readCommand } from "../../command.ts";
import { printOrFail } from "../../report.ts";
import { costCommand, printCost } from "./command.ts";

const values = readCommand(costCommand);
await printOrFail(() => printCost(values));
