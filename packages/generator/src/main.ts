/** `leo-generator --url … --token …`, or the same from the environment. */
import { hideEnvironment } from "./process/hide-environment.ts";

hideEnvironment();
await import("./run-process.ts");
