import type { Config } from "../config.ts";
import { readProcessLimit } from "../process/limited.ts";
import type { AgentOptions } from "./agent.ts";

/** What an agent of this machine needs, by its settings. */
export const agentOptions = (
  config: Config,
  host: Pick<AgentOptions, "paths" | "limits" | "logger" | "clock" | "ahead">,
): AgentOptions => ({
  ...host,
  model: { baseUrl: config.ANTHROPIC_BASE_URL, name: config.LEO_MODEL, small: config.LEO_SMALL_MODEL },
  templateDir: config.LEO_TEMPLATE_DIR,
  processLimit: readProcessLimit(),
  silentMs: config.LEO_AGENT_SILENT_MS,
});
