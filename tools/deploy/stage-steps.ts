/** What `npm run deploy` and `npm run deployed` do with a stage. */
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient } from "@aws-sdk/client-ecs";
import { namesFor } from "../../infra/names.ts";
import { readRegion } from "../../infra/stage.ts";
import { readSstSecrets } from "../doctor/src/sst-secrets.ts";
import { prove } from "../proof/prove.ts";
import { waitUntilDeployed } from "./deployed.ts";
import { logTailOf } from "./log-tail.ts";

const INTERVAL_MS = 5_000;
const SECRETS_MS = 60_000;

export interface StageOptions {
  stage: string;
  timeoutMs: number;
  say: (line: string) => void;
  /** ECS messages from before this time are ignored. */
  since?: Date;
  signal: AbortSignal;
}

/** Waits for the newest revision. @returns the site's address */
export const waitForStage = async ({ stage, ...options }: StageOptions): Promise<string> => {
  const names = namesFor(stage);
  const region = readRegion(stage);
  const ecs = new ECSClient({ region, maxAttempts: 8 });
  const logs = new CloudWatchLogsClient({ region });
  try {
    return await waitUntilDeployed(ecs, {
      ...options,
      cluster: names.app,
      service: names.orchestrator,
      logGroup: names.orchestratorLogs,
      intervalMs: INTERVAL_MS,
      logTail: logTailOf(logs, names.orchestratorLogs, names.orchestrator),
    });
  } finally {
    ecs.destroy();
    logs.destroy();
  }
};

/** One generation through the stage's public address, as a user created for it. */
export const proveStage = async (
  url: string,
  { stage, say, signal }: Pick<StageOptions, "stage" | "say" | "signal">,
): Promise<void> => {
  const { secrets, secretsProblem } = await readSstSecrets(stage, {
    env: process.env,
    timeoutMs: SECRETS_MS,
  });
  const serviceRoleKey = secrets.SupabaseServiceRoleKey;
  if (!serviceRoleKey) {
    throw new Error(
      secretsProblem
        ? `The stage's secrets ${secretsProblem.message}.`
        : "SupabaseServiceRoleKey isn't set, so the test run's user can't be created.",
    );
  }
  const { costUsd } = await prove({ url, account: { serviceRoleKey }, say, signal });
  say(`The test run passed. It cost USD ${costUsd.toFixed(2)}.`);
};
