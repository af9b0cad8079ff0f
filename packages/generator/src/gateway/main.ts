/** The gateway as a process: listens on the task's loopback, ends on SIGTERM or SIGINT. */
import { pino } from "pino";
import { readGatewayConfig } from "./config.ts";
import { startGateway } from "./server.ts";

const config = readGatewayConfig(process.env);
const logger = pino({
  level: config.LEO_LOG_LEVEL,
  base: { part: "gateway", generationId: config.LEO_GENERATION_ID },
});
const gateway = await startGateway(config, logger);
logger.info({ url: gateway.url, upstream: config.LEO_UPSTREAM_URL }, "listening");

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void gateway.close();
  });
}
