/** Changes to SST's task definition and roles for the orchestrator. */
import { GENERATOR_PORT, names, PORT, stage } from "./context.ts";
import { executionPolicy, NON_BLOCKING_LOG } from "./execution-role.ts";
import { pulledRepositoryArn } from "./image.ts";
import { orchestratorImage } from "./images.ts";
import { orchestratorSecrets } from "./secrets.ts";

interface Container {
  environment: { name: string; value: string }[];
  logConfiguration: { options: Record<string, string> };
}

interface PolicyDocument {
  Statement: { Action: string | string[] }[];
}

/** Values that only the service's resources know. */
export interface Addresses {
  LEO_PUBLIC_URL: string;
  LEO_PREVIEW_URL_TEMPLATE: string;
  LEO_GENERATOR_URL: string;
}

/** SST's container with its two ports, no terminal, and the addresses that only the service knows. */
export const closeContainers = (text: string, addresses: Addresses) =>
  JSON.stringify(
    (JSON.parse(text) as Container[]).map((container) => ({
      ...container,
      pseudoTerminal: false,
      user: "node",
      portMappings: [PORT, GENERATOR_PORT].map((port) => ({
        containerPort: port,
        hostPort: port,
        protocol: "tcp",
      })),
      stopTimeout: 120,
      environment: [
        ...container.environment,
        ...Object.entries(addresses).map(([name, value]) => ({ name, value })),
      ],
      logConfiguration: {
        ...container.logConfiguration,
        options: { ...container.logConfiguration.options, ...NON_BLOCKING_LOG },
      },
    })),
  );

const isExec = ({ Action }: PolicyDocument["Statement"][number]) =>
  [Action].flat().every((action) => action.startsWith("ssmmessages:"));

const withoutExec = (text: string) => {
  const policy = JSON.parse(text) as PolicyDocument;
  return JSON.stringify({ ...policy, Statement: policy.Statement.filter((statement) => !isExec(statement)) });
};

/** Removes the shell into the container, which SST always grants. */
export const closeTaskRole = (args: aws.iam.RoleArgs) => {
  if (stage.exec) return undefined;
  args.inlinePolicies = $output(args.inlinePolicies).apply((policies) =>
    (policies ?? []).map((inline) => ({ ...inline, policy: withoutExec(inline.policy ?? "{}") })),
  );
  return undefined;
};

export const closeExecutionRole = (args: aws.iam.RoleArgs) => {
  args.managedPolicyArns = [];
  args.inlinePolicies = [
    {
      name: "inline",
      policy: executionPolicy({
        repositoryArn: pulledRepositoryArn(orchestratorImage),
        logGroup: names.orchestratorLogs,
        secretArns: orchestratorSecrets.map(({ arn: secretArn }) => secretArn),
      }),
    },
  ];
  return undefined;
};
