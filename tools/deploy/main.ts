/** `npm run deployed -- --stage prod [--timeout 900]`: exits 0 once what was deployed runs and answers. */
import { ECSClient } from "@aws-sdk/client-ecs";
import { parseArgs } from "node:util";
import { enterStage } from "../../infra/env-files.ts";
import { namesFor } from "../../infra/names.ts";
import { readRegion } from "../../infra/stage.ts";
import { printOrFail, warn } from "../report.ts";
import { waitUntilDeployed } from "./deployed.ts";

const { values } = parseArgs({
  options: { stage: { type: "string", default: "prod" }, timeout: { type: "string", default: "900" } },
});

await printOrFail(async () => {
  warn(enterStage(values.stage));
  const names = namesFor(values.stage);
  const ecs = new ECSClient({ region: readRegion(values.stage), maxAttempts: 8 });
  const url = await waitUntilDeployed(ecs, {
    cluster: names.app,
    service: names.orchestrator,
    logGroup: names.orchestratorLogs,
    timeoutMs: Number(values.timeout) * 1_000,
    intervalMs: 5_000,
    say: (line) => console.log(line),
  });
  return `Deployed: ${url}`;
});
