/** The host as a process: settings, signals, exit code. */
import { ConfigError } from "@leo/core/config.ts";
import type { Ahead } from "../../agent/harness-ahead.ts";
import { readSandboxConfig } from "./config.ts";
import { startHost } from "./host.ts";

/** The exit code for missing or wrong settings. */
const EXIT_USAGE = 2;

/** Runs the host and ends the process. @param ahead what has already been started for it */
export const runHost = async (ahead: Ahead | undefined): Promise<never> => {
  try {
    const config = readSandboxConfig(process.env);
    const host = await startHost({ config, root: process.env.LEO_WORKSPACE_ROOT || undefined, ahead });
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void host.close());
    await host.ended;
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await ahead?.harness?.end();
    console.error(error.message);
    return process.exit(EXIT_USAGE);
  }
};
