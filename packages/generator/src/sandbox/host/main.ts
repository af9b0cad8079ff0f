/**
 * The sandbox as a process. It starts the agent's process first, because that takes longest, and then listens for the
 * driver. It ends with the driver or on SIGTERM.
 */
import { startAhead } from "../../agent/harness-ahead.ts";

const ahead = startAhead(process.env);
const { runHost } = await import("./run-host.ts");
await runHost(ahead);
