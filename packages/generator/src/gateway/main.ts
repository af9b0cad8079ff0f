/** The gateway as a process: listens on the task's loopback, ends on SIGTERM or SIGINT. */
import { scrub } from "@leo/core/scrub.ts";
import { pino } from "pino";
import { readGatewayConfig } from "./config.ts";
import { startGateway } from "./server.ts";

const config = readGatewayConfig(process.env);
const logger = pino(
  {
    level: config.LEO_LOG_LEVEL,
    base: { part: "gateway", generationId: config.LEO_GENERATION_ID },
  },
  { write: (line: string) => void process.stdout.write(scrub(line)) },
);
const gateway = await startGateway(config, logger);
logger.info({ event: "gateway_listening", url: gateway.url, upstream: config.LEO_UPSTREAM_URL }, "listening");

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void gateway.close();
  });
}
