/** The orchestrator's process: settings from the environment, JSON lines on stdout, ends on SIGTERM. */
import { ConfigError } from "@leo/core/config.ts";
import { type Config, readConfig } from "./config.ts";
import { quickly } from "./quick-modules.ts";
import { createLog } from "./telemetry/log.ts";

const EXIT_CONFIG = 78;

const settings = (): Config => {
  try {
    return readConfig(process.env);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    process.stderr.write(`${cause.message}\n`);
    return process.exit(EXIT_CONFIG);
  }
};

const config = settings();
const writeOut = (line: string) => void process.stdout.write(line);
const log = createLog(config.LEO_LOG_LEVEL, writeOut);

// A log line for which the disk has no room is lost, and the work goes on.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code !== "ENOSPC" && cause.code !== "EDQUOT") throw cause;
});

// Node would print it as it is, with whatever credential its message holds.
process.on("uncaughtException", (cause) => {
  log.fatal({ err: cause, event: "uncaught" }, "the orchestrator ends: nothing handles this error");
  process.exit(1);
});

const { startOrchestrator } = await quickly(() => import("./server.ts"));
const orchestrator = await startOrchestrator(config, { log, writeOut }).catch((cause: unknown) => {
  const { code, port } = cause as NodeJS.ErrnoException & { port?: number };
  const name = port === config.PORT ? "PORT" : "LEO_GENERATOR_PORT";
  if (code === "EADDRINUSE") process.stderr.write(`Port ${port} is taken. Set ${name} to another one.\n`);
  log.fatal({ err: cause, event: "start_failed" }, "the orchestrator could not start");
  return process.exit(1);
});

const end = (signal: string) => {
  log.info({ event: "signal", signal }, "asked to end");
  setTimeout(() => {
    // What hangs, such as a query to a database that does not answer, is given up: whoever comes next carries on.
    log.error({ event: "drain_timeout" }, "the drain took too long");
    process.exit(1);
  }, config.LEO_DRAIN_MS);
  orchestrator.stop().then(
    () => process.exit(0),
    (cause: unknown) => {
      log.fatal({ err: cause, event: "stop_failed" }, "the orchestrator did not end cleanly");
      process.exit(1);
    },
  );
};
process.once("SIGTERM", () => end("SIGTERM"));
process.once("SIGINT", () => end("SIGINT"));
