import { join } from "node:path";
import { z } from "zod";
import { parseConfig } from "@leo/core/config.ts";
import { DEFAULT_SANDBOX_PORT } from "../port.ts";

const Environment = z.object({
  /** Where the host listens, on loopback. */
  LEO_SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(DEFAULT_SANDBOX_PORT),
  /** Proves who the driver is. Derived from the attempt's token, which the sandbox doesn't have. */
  LEO_SANDBOX_KEY: z.string().min(16),
  LEO_TEMPLATE_DIR: z
    .string()
    .min(1)
    .default(join(import.meta.dirname, "../template")),
  /** Browser for the smoke test, which is skipped if it doesn't exist. Default: the first in the usual places. */
  LEO_CHROMIUM: z.string().min(1).optional(),
});

export type SandboxConfig = z.infer<typeof Environment>;

/** The sandbox's settings. Throws ConfigError naming every one that is missing or wrong. */
export const readSandboxConfig = (env: Record<string, string | undefined>): SandboxConfig =>
  parseConfig(Environment, env);
