/** The settings that `packages/orchestrator/src/config.ts` requires, except addresses that only the service knows. */
import { GENERATOR_PORT, names, PORT, stage } from "./context.ts";
import { taskEvents } from "./events.ts";
import { vpc } from "./network.ts";
import { ALL_SECRETS } from "./secret-list.ts";
import { orchestratorSecrets, orchestratorSecretsVersion } from "./secrets.ts";
import { generatorGroup } from "./security-groups.ts";
import { bucket } from "./storage.ts";

/** The console's page for a generator's log stream, `leo/leo/{task}`; the console needs slashes encoded twice. */
const inConsole = (text: string) => encodeURIComponent(encodeURIComponent(text)).replaceAll("%", "$");
const taskLogUrl = [
  `https://${stage.region}.console.aws.amazon.com/cloudwatch/home?region=${stage.region}#logsV2:log-groups`,
  `log-group/${inConsole(names.generatorLogs)}/log-events/${inConsole("leo/leo/")}{taskId}`,
].join("/");

export const environment = {
  PORT: String(PORT),
  LEO_GENERATOR_PORT: String(GENERATOR_PORT),
  AWS_REGION: stage.region,
  LEO_MODE: "aws",
  LEO_CLOUD_METRICS_APP: names.app,
  LEO_BUCKET: bucket.name,
  LEO_CLUSTER: names.app,
  LEO_DATABASE_CONNECTIONS: String(stage.databaseConnections),
  LEO_GENERATOR_FAMILY: names.generator,
  LEO_TASK_LOG_URL: taskLogUrl,
  LEO_GENERATOR_SUBNETS: $util.all([vpc.publicSubnets]).apply(([subnets]) => subnets.join(",")),
  LEO_GENERATOR_SECURITY_GROUPS: generatorGroup.id,
  LEO_TASK_EVENTS_QUEUE_URL: taskEvents.url,
  /** Nothing reads it. It makes a changed secret create a new revision, and so reach the service. */
  LEO_SECRETS_VERSION: orchestratorSecretsVersion,
  LEO_GENERATOR_VCPU: String(stage.generator.vcpu),
  LEO_GENERATOR_MEMORY_MIB: String(stage.generator.memoryGb * 1024),
  LEO_VCPU_BUDGET: String(stage.vcpuBudget),
  ...Object.fromEntries(Object.entries(stage.limits).map(([name, limit]) => [name, String(limit)])),
  /** The load balancer, the only way to `PORT`. */
  LEO_TRUSTED_PROXIES: "1",
  LEO_RETENTION_DAYS: String(stage.retentionDays),
  LEO_RECORDS_RETENTION_DAYS: String(stage.recordsRetentionDays),
  ...(stage.generator.modelBaseUrl ? { LEO_MODEL_ENDPOINT: new URL(stage.generator.modelBaseUrl).host } : {}),
  ...stage.network,
  ...(stage.githubOrganization ? { LEO_GITHUB_ORGANIZATION: stage.githubOrganization } : {}),
};

/** For ECS to inject: the variable, and the secret whose current value it gets. */
export const injected = Object.fromEntries(
  orchestratorSecrets.map(({ component, arn }) => [ALL_SECRETS[component].variable, arn]),
);
