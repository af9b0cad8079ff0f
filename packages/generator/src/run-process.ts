/** The generator as a process: settings, log, signals, exit code. */
import { pino } from "pino";
import { ConfigError } from "@leo/core/config.ts";
import { scrub } from "@leo/core/scrub.ts";
import { readConfig, type Config } from "./config.ts";
import { runGenerator } from "./generator.ts";

/** The exit code of a process that was started wrongly. */
const EXIT_USAGE = 2;

const read = (): Config => {
  try {
    return readConfig(process.env, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return process.exit(EXIT_USAGE);
  }
};

const config = read();
const logger = pino(
  {
    level: config.LEO_LOG_LEVEL,
    base: { part: "generator", generationId: config.LEO_GENERATION_ID, attempt: config.LEO_ATTEMPT },
  },
  { write: (line: string) => void process.stdout.write(scrub(line)) },
);
const terminate = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => terminate.abort());

process.exit(await runGenerator({ config, logger, terminate: terminate.signal }));
