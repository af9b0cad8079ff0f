/** What's running in a stage: its address, and the secrets its tasks got. */
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient } from "@aws-sdk/client-ecs";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { namesFor } from "../../../infra/names.ts";
import {
  ALL_SECRETS,
  OPTIONAL_SECRET_NAMES,
  SECRET_NAMES,
  type AnySecretName,
} from "../../../infra/secret-list.ts";
import { warning } from "./finding.ts";
import { awsProblem, reasonOf } from "@leo/core/explain.ts";
import type { AwsConfig, Target } from "./target.ts";

type Names = ReturnType<typeof namesFor>;

/** The deployed service's address and bucket, or undefined if nothing is deployed. */
const readService = async (
  aws: AwsConfig,
  { app, orchestrator }: Names,
  abortSignal: AbortSignal,
): Promise<Pick<Target, "publicUrl" | "bucket"> | undefined> => {
  const ecs = new ECSClient(aws);
  try {
    const { services = [] } = await ecs.send(
      new DescribeServicesCommand({ cluster: app, services: [orchestrator] }),
      { abortSignal },
    );
    const [service] = services;
    if (service?.status !== "ACTIVE") return undefined;
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: service.taskDefinition }),
      { abortSignal },
    );
    const variables = (taskDefinition?.containerDefinitions ?? []).flatMap(
      ({ environment }) => environment ?? [],
    );
    const valueOf = (variable: string) => variables.find(({ name }) => name === variable)?.value;
    const bucket = valueOf("LEO_BUCKET");
    return { publicUrl: valueOf("LEO_PUBLIC_URL"), ...(bucket && { bucket }) };
  } catch (error) {
    if (awsProblem(error) === "missing") return undefined;
    throw error;
  } finally {
    ecs.destroy();
  }
};

const readRunningSecrets = async (
  aws: AwsConfig,
  names: Names,
  abortSignal: AbortSignal,
): Promise<Pick<Target, "runningSecrets" | "runningSecretsProblem">> => {
  const client = new SecretsManagerClient(aws);
  try {
    const read = async (name: AnySecretName) => {
      const command = new GetSecretValueCommand({ SecretId: names.secret(ALL_SECRETS[name].name) });
      return [name, (await client.send(command, { abortSignal })).SecretString] as const;
    };
    const readIfThere = (name: AnySecretName) =>
      read(name).catch((error: unknown) => {
        if (awsProblem(error) === "missing") return [name, undefined] as const;
        throw error;
      });
    const pairs = [...SECRET_NAMES.map(read), ...OPTIONAL_SECRET_NAMES.map(readIfThere)];
    return { runningSecrets: Object.fromEntries(await Promise.all(pairs)) };
  } catch (error) {
    return {
      runningSecretsProblem: warning(
        `the running tasks' secrets can't be read from Secrets Manager: ${reasonOf(error)}`,
        "Allow secretsmanager:GetSecretValue, or deploy to make sure.",
      ),
    };
  } finally {
    client.destroy();
  }
};

/** @throws ECS's error */
export const readDeployment = async (
  aws: AwsConfig,
  names: Names,
  signal: AbortSignal,
): Promise<Pick<Target, "isUp" | "publicUrl" | "bucket" | "runningSecrets" | "runningSecretsProblem">> => {
  const service = await readService(aws, names, signal);
  if (!service) return { isUp: false };
  return { isUp: true, ...service, ...(await readRunningSecrets(aws, names, signal)) };
};
