import { parseArgs } from "node:util";
import { z } from "zod";
import { parseConfig } from "@leo/core/config.ts";
import { Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { DEFAULT_MODEL, DEFAULT_SMALL_MODEL } from "./agent/default-models.ts";
import { DEFAULT_GATEWAY_PORT } from "./gateway/port.ts";
import { DEFAULT_SANDBOX_PORT } from "./sandbox/port.ts";

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const durationMs = z.coerce.number().int().positive();

const Environment = z.object({
  /** Where the orchestrator listens, path included. Also `--url`. */
  LEO_GENERATOR_URL: z.url({ protocol: /^wss?$/ }),
  /** Also `--token`. */
  LEO_ATTEMPT_TOKEN: z.string().min(1),
  /** For the log until the work is known. */
  LEO_GENERATION_ID: Id.optional(),
  LEO_ATTEMPT: z.coerce.number().int().min(1).optional(),
  /** When the generator ends by itself. Default: 60 minutes after its start. */
  LEO_DEADLINE_AT: z.iso.datetime().optional(),
  /** Where the model gateway of this task listens. */
  GATEWAY_PORT: z.coerce.number().int().min(1).max(65_535).default(DEFAULT_GATEWAY_PORT),
  /** Where the sandbox's host listens. */
  LEO_SANDBOX_PORT: z.coerce.number().int().min(1).max(65_535).default(DEFAULT_SANDBOX_PORT),
  LEO_MODEL: z.string().min(1).default(DEFAULT_MODEL),
  LEO_SMALL_MODEL: z.string().min(1).default(DEFAULT_SMALL_MODEL),
  LEO_S3_FORCE_PATH_STYLE: flag.default(false),
  LEO_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  LEO_CHECKPOINT_INTERVAL_MS: durationMs.default(15_000),
  /** An agent that is silent and idle for this long is stopped. Shorter than the orchestrator's own timeout. */
  LEO_AGENT_SILENT_MS: durationMs.default(LIMITS.stalledMs / 2),
  /** Time reserved at the end of the run for storing what exists. */
  LEO_CLOSING_MS: durationMs.default(30_000),
  LEO_WORKSPACE_MAX_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(LIMITS.artifactMaxBytes * 2),
  LEO_WORKSPACE_MAX_FILES: z.coerce
    .number()
    .int()
    .positive()
    .default(LIMITS.artifactMaxFiles * 4),
  /** Source and build of a version together. */
  LEO_VERSION_MAX_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .max(LIMITS.artifactMaxBytes)
    .default(LIMITS.artifactMaxBytes),
  /** Disk that must stay free; more than enough to store the rest of a run. */
  LEO_DISK_RESERVE_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(LIMITS.artifactMaxBytes / 2),
  /** Processes that the agent and its tools may have at once. */
  LEO_AGENT_MAX_PROCESSES: z.coerce.number().int().positive().default(256),
});

export type Config = z.infer<typeof Environment>;

/**
 * The generator's settings.
 * @param env usually `process.env`
 * @param args command line, `--url` and `--token` win over the environment
 * @throws ConfigError naming every setting that is missing or wrong
 */
export const readConfig = (env: Record<string, string | undefined>, args: string[] = []): Config => {
  const { values } = parseArgs({ args, options: { url: { type: "string" }, token: { type: "string" } } });
  return parseConfig(Environment, {
    ...env,
    ...(values.url ? { LEO_GENERATOR_URL: values.url } : {}),
    ...(values.token ? { LEO_ATTEMPT_TOKEN: values.token } : {}),
  });
};
