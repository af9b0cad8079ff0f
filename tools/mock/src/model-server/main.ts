/** Runs the scripted model as a process: prints one JSON line with its `url`, ends on SIGTERM or SIGINT. */
import { z } from "zod";
import { parseConfig } from "@leo/core/config.ts";
import { startModelServer } from "./start.ts";

const Settings = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  LEO_MOCK_SCENARIO: z.string().optional(),
  /** Milliseconds between two deltas; 10 lets a person read along and adds about 2.5 s to a todo app. */
  LEO_MOCK_PACE_MS: z.coerce.number().min(0).default(10),
  LEO_MOCK_SLOW_MS: z.coerce.number().min(0).default(3_000),
});

const settings = parseConfig(Settings, process.env);
const server = await startModelServer({
  port: settings.PORT,
  scenario: settings.LEO_MOCK_SCENARIO,
  paceMs: settings.LEO_MOCK_PACE_MS,
  slowMs: settings.LEO_MOCK_SLOW_MS,
  recordMax: 0,
});
console.log(JSON.stringify({ url: server.url }));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void server.close();
  });
}
