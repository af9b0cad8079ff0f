/**
 * The sandbox as a process: starts the agent's own, which takes longest, then listens for the driver. Ends with
 * the driver, or on SIGTERM.
 */
import { startAhead } from "../../agent/harness-ahead.ts";

const ahead = startAhead(process.env);
const { runHost } = await import("./run-host.ts");
await runHost(ahead);
