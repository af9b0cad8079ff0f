/** `leo-generator --url … --token …`, or the same from the environment. */
import { hideEnvironment } from "./process/hide-environment.ts";

hideEnvironment();
const { startAhead } = await import("./agent/ahead.ts");
const ahead = await startAhead(process.env);
const { runProcess } = await import("./run-process.ts");
await runProcess(ahead);
