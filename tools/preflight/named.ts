/** What a deploy gives names to that only one resource can have. */
import { globalNamesFor, namesFor } from "../../infra/names.ts";
import { ALL_SECRETS, type AnySecretName } from "../../infra/secret-list.ts";
import type { Stage } from "../../infra/stage.ts";
import type { Named } from "./facts.ts";

type Names = ReturnType<typeof namesFor> & ReturnType<typeof globalNamesFor>;

/** `sst dev` makes these too. */
const sharedNames = (names: Names, account: string, secrets: AnySecretName[]): Named[] => [
  ...secrets.map((secret) => ({ kind: "secret" as const, name: names.secret(ALL_SECRETS[secret].name) })),
  { kind: "ECR repository", name: names.orchestrator },
  { kind: "ECR repository", name: names.generator },
  { kind: "bucket", name: names.bucket(account) },
  { kind: "queue", name: names.taskEvents },
  { kind: "queue", name: names.deadTaskEvents },
  { kind: "EventBridge rule", name: names.taskEvents },
  { kind: "ECS cluster", name: names.app },
];

const deployedNames = (names: Names): Named[] => [
  { kind: "ECS service", name: `${names.app}/${names.orchestrator}` },
  { kind: "log group", name: names.orchestratorLogs },
  { kind: "log group", name: names.generatorLogs },
  { kind: "log group", name: names.reaperLogs },
  { kind: "IAM role", name: names.generatorTaskRole },
  { kind: "IAM role", name: names.generatorExecutionRole },
  { kind: "Lambda function", name: names.reaper },
  { kind: "SNS topic", name: names.notices },
  { kind: "budget", name: names.budget },
];

/** @param secrets those that the stage will have */
export const namedResources = (
  { name, region }: Pick<Stage, "name" | "region">,
  account: string,
  secrets: AnySecretName[],
  isDev: boolean,
): Named[] => {
  const names = { ...namesFor(name), ...globalNamesFor(name, region) };
  return [...sharedNames(names, account, secrets), ...(isDev ? [] : deployedNames(names))];
};
