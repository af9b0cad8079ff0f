/** The driver as a process: settings, log, gateway, sandbox, signals, exit code. */
import { pino } from "pino";
import { ConfigError } from "@leo/core/config.ts";
import { scrub } from "@leo/core/scrub.ts";
import { readConfig } from "./config.ts";
import { readGatewayConfig } from "./gateway/config.ts";
import { startGateway } from "./gateway/server.ts";
import { runGenerator } from "./generator.ts";
import { sandboxKey } from "@leo/core/task-containers.ts";
import { Sandbox } from "./sandbox/sandbox.ts";

/** The exit code for missing or wrong settings. */
const EXIT_USAGE = 2;

/** Runs the driver and ends the process. */
export const runProcess = async (): Promise<never> => {
  try {
    const config = readConfig(process.env, process.argv.slice(2));
    const gatewayConfig = readGatewayConfig(process.env);
    const sandbox = Sandbox.connect({
      port: config.LEO_SANDBOX_PORT,
      key: sandboxKey(config.LEO_ATTEMPT_TOKEN),
    });
    // Whoever awaits it reports the error.
    sandbox.catch(() => undefined);
    const logger = pino(
      {
        level: config.LEO_LOG_LEVEL,
        base: { part: "generator", generationId: config.LEO_GENERATION_ID, attempt: config.LEO_ATTEMPT },
      },
      { write: (line: string) => void process.stdout.write(scrub(line)) },
    );
    const gateway = await startGateway(gatewayConfig, logger.child({ part: "gateway" }));
    logger.info(
      { event: "gateway_listening", url: gateway.url, upstream: gatewayConfig.LEO_UPSTREAM_URL },
      "listening",
    );
    const terminate = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => terminate.abort());
    const exitCode = await runGenerator({ config, logger, terminate: terminate.signal, sandbox });
    await gateway.close();
    return process.exit(exitCode);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return process.exit(EXIT_USAGE);
  }
};
