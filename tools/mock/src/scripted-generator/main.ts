/**
 * A scripted generator as a container's command. Reads `LEO_GENERATOR_URL`, `LEO_ATTEMPT_TOKEN` and
 * `LEO_SCRIPT`; ends with the script's exit code.
 */
import { z } from "zod";
import { parseConfig } from "@leo/core/config.ts";
import { runScriptedGenerator } from "./run.ts";
import { parseScript } from "./script.ts";

const Settings = z.object({
  LEO_GENERATOR_URL: z.url({ protocol: /^wss?$/ }),
  LEO_ATTEMPT_TOKEN: z.string(),
  LEO_SCRIPT: z.string().default("happy"),
});

const settings = parseConfig(Settings, process.env);
const script = parseScript(settings.LEO_SCRIPT);
if (script.ignoreTerm) process.on("SIGTERM", () => console.log(JSON.stringify({ msg: "SIGTERM ignored" })));

const generator = runScriptedGenerator({
  url: settings.LEO_GENERATOR_URL,
  token: settings.LEO_ATTEMPT_TOKEN,
  script,
  obeyPrompt: true,
});
const outcome = await generator.outcome;
console.log(JSON.stringify({ msg: "scripted generator ended", ...outcome }));
process.exit(outcome.exitCode);
