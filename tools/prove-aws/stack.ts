/** A stage in an AWS that is not AWS: what the deploy would make, by CloudFormation where that is offered. */
import {
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Graph } from "../plan/graph/graph.ts";
import { templateOf } from "../plan/cloudformation/template.ts";

/** What the emulator's CloudFormation makes and Leo's code then asks for. */
const MADE =
  /^AWS::(EC2|ECS(?!::TaskDefinition)|IAM|SQS|SNS|S3|Logs|ECR|ElasticLoadBalancingV2|CertificateManager|Events)::/;

export interface StackOptions {
  endpoint: string;
  region: string;
}

const VERSIONS = { cloudformation: "2010-05-15", ec2: "2016-11-15" };

/** AWS's query protocol, with the little of a signature by which an emulator knows the service and the Region. */
const query = async (
  { endpoint, region }: StackOptions,
  service: keyof typeof VERSIONS,
  form: Record<string, string>,
): Promise<string> => {
  const credential = `LEOPROOF/20260101/${region}/${service}/aws4_request`;
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`,
    },
    body: new URLSearchParams({ Version: VERSIONS[service], ...form }),
  });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(`${form.Action} answers ${response.status}: ${text}`);
};

const first = (text: string, element: string): string =>
  new RegExp(`<${element}>([^<]*)</${element}>`).exec(text)?.[1] ?? "";

/** Physical names by logical names. */
export type Made = Map<string, string>;

const makeStack = async (graph: Graph, options: StackOptions): Promise<Made> => {
  const template = templateOf(graph, (type) => MADE.test(type));
  await query(options, "cloudformation", {
    Action: "CreateStack",
    StackName: "leo",
    TemplateBody: JSON.stringify(template),
    "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
  });
  const stacks = await query(options, "cloudformation", { Action: "DescribeStacks", StackName: "leo" });
  const status = first(stacks, "StackStatus");
  if (status !== "CREATE_COMPLETE") throw new Error(`The stack is ${status}`);
  const resources = await query(options, "cloudformation", {
    Action: "DescribeStackResources",
    StackName: "leo",
  });
  const members = resources.split("<member>").slice(1);
  const pairs = members.map((member) => [
    first(member, "LogicalResourceId"),
    first(member, "PhysicalResourceId"),
  ]);
  return new Map(pairs as [string, string][]);
};

const credentials = { accessKeyId: "LEOPROOF", secretAccessKey: "none" };

/** The emulator's CloudFormation forgets a VPC's names, without which its tasks get no network interface. */
const nameHosts = async (made: Made, options: StackOptions): Promise<void> => {
  const VpcId = made.get("NetworkVpc") ?? "";
  await query(options, "ec2", { Action: "ModifyVpcAttribute", VpcId, "EnableDnsHostnames.Value": "true" });
};

/** The emulator adds up the containers' memory, which Fargate does not ask for, and breaks without. */
const withMemory = (container: object) => ({ ...container, memoryReservation: 512 });

/** The emulator's CloudFormation loses CPU, network mode and launch type, so these are registered. */
const registerTaskDefinitions = async (graph: Graph, options: StackOptions): Promise<void> => {
  const ecs = new ECSClient({ ...options, credentials });
  const definitions = graph.resources.filter(({ type }) => type === "aws:ecs/taskDefinition:TaskDefinition");
  for (const { inputs } of definitions) {
    const {
      containerDefinitions,
      ephemeralStorage,
      skipDestroy: _kept,
      trackLatest: _newest,
      ...rest
    } = inputs;
    const { sizeInGib } = (ephemeralStorage ?? {}) as { sizeInGib?: number };
    const definition = {
      ...rest,
      ...(sizeInGib === undefined ? {} : { ephemeralStorage: { sizeInGiB: sizeInGib } }),
      containerDefinitions: (JSON.parse(containerDefinitions as string) as object[]).map(withMemory),
    };
    await ecs.send(new RegisterTaskDefinitionCommand(definition as RegisterTaskDefinitionCommandInput));
  }
  ecs.destroy();
};

/** The emulator's CloudFormation makes no secrets. */
const makeSecrets = async (graph: Graph, options: StackOptions): Promise<void> => {
  const client = new SecretsManagerClient({ ...options, credentials });
  const secrets = graph.resources.filter(({ type }) => type === "aws:secretsmanager/secret:Secret");
  for (const { inputs, attributes } of secrets) {
    const version = graph.resources.find(
      ({ type, inputs: given }) =>
        type === "aws:secretsmanager/secretVersion:SecretVersion" && given.secretId === attributes.id,
    );
    const value = version?.inputs.secretString as { secret: string } | undefined;
    await client.send(new CreateSecretCommand({ Name: inputs.name as string, SecretString: value?.secret }));
  }
  client.destroy();
};

/** Makes the stage. @returns the physical names of what was made by CloudFormation */
export const makeStage = async (graph: Graph, options: StackOptions): Promise<Made> => {
  await registerTaskDefinitions(graph, options);
  const made = await makeStack(graph, options);
  await nameHosts(made, options);
  await makeSecrets(graph, options);
  return made;
};
