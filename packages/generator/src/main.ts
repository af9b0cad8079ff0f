/** `leo-generator --url … --token …`, or the same from the environment. */
import { join } from "node:path";
import { hideEnvironment } from "./process/hide-environment.ts";

hideEnvironment(join(import.meta.dirname, "../hide-environment.sh"));
const { runProcess } = await import("./run-process.ts");
await runProcess();
