import type { Config } from "../config.ts";
import { gatewayUrl } from "../gateway/port.ts";
import type { AgentOptions } from "../agent/agent.ts";

/** Options of a run's agent, from the settings. */
export const agentOptions = (
  config: Config,
  run: Pick<AgentOptions, "sandbox" | "limits" | "logger" | "clock">,
): AgentOptions => ({
  ...run,
  model: { baseUrl: gatewayUrl(config.GATEWAY_PORT), name: config.LEO_MODEL, small: config.LEO_SMALL_MODEL },
  silentMs: config.LEO_AGENT_SILENT_MS,
});
