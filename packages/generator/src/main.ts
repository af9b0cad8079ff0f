/** `leo-generator --url … --token …`, or the same from the environment. */
import { join } from "node:path";
import { startAhead } from "./agent/ahead.ts";
import { hideEnvironment } from "./process/hide-environment.ts";

hideEnvironment(join(import.meta.dirname, "../hide-environment.sh"));
const ahead = startAhead(process.env);
const { runProcess } = await import("./run-process.ts");
await runProcess(ahead);
