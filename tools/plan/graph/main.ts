/** `npm run graph`: the same as `npm run plan -- graph`. */
import { readCommand } from "../../command.ts";
import { printOrFail } from "../../report.ts";
import { graphCommand, printGraph } from "./command.ts";

const values = readCommand(graphCommand);
await printOrFail(() => printGraph(values));
