/** The generator as a process: settings, log, signals, exit code. */
import { pino } from "pino";
import { ConfigError } from "@leo/core/config.ts";
import { scrub } from "@leo/core/scrub.ts";
import type { Ahead } from "./agent/ahead.ts";
import { readConfig } from "./config.ts";
import { runGenerator } from "./generator.ts";

/** The exit code of a process that was started wrongly. */
const EXIT_USAGE = 2;

/** Runs the generator and ends the process. @param ahead what was started for it already */
export const runProcess = async (ahead: Ahead | undefined): Promise<never> => {
  try {
    const config = readConfig(process.env, process.argv.slice(2));
    const logger = pino(
      {
        level: config.LEO_LOG_LEVEL,
        base: { part: "generator", generationId: config.LEO_GENERATION_ID, attempt: config.LEO_ATTEMPT },
      },
      { write: (line: string) => void process.stdout.write(scrub(line)) },
    );
    const terminate = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => terminate.abort());
    return process.exit(await runGenerator({ config, logger, terminate: terminate.signal, ahead }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await ahead?.harness?.end();
    console.error(error.message);
    return process.exit(EXIT_USAGE);
  }
};
