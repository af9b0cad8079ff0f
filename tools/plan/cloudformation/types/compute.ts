/** Clusters, tasks, services, functions and their roles. */
import {
  capitals,
  dropped,
  enabled,
  parsed,
  type Absent,
  type Counterpart,
  type Part,
  type Properties,
} from "./counterpart.ts";

interface InlinePolicy {
  name: string;
  policy: string;
}

const taskDefinition: Counterpart = {
  type: "AWS::ECS::TaskDefinition",
  inputs: {
    containerDefinitions: (value) => ({ ContainerDefinitions: capitals(JSON.parse(value as string)) }),
    ephemeralStorage: (value) => ({
      EphemeralStorage: { SizeInGiB: (value as { sizeInGib: number }).sizeInGib },
    }),
    // How Pulumi treats old revisions.
    skipDestroy: dropped,
    trackLatest: dropped,
  },
  references: { arn: "Ref" },
};

const service: Counterpart = {
  type: "AWS::ECS::Service",
  inputs: {
    name: "ServiceName",
    // Whether Pulumi waits.
    waitForSteadyState: dropped,
    deploymentCircuitBreaker: (value, inputs) => ({
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: capitals(value),
        ...(inputs.deploymentMaximumPercent === undefined
          ? {}
          : { MaximumPercent: inputs.deploymentMaximumPercent }),
        ...(inputs.deploymentMinimumHealthyPercent === undefined
          ? {}
          : { MinimumHealthyPercent: inputs.deploymentMinimumHealthyPercent }),
      },
    }),
    deploymentMaximumPercent: dropped,
    deploymentMinimumHealthyPercent: dropped,
    capacityProviderStrategies: "CapacityProviderStrategy",
    serviceRegistries: (value) => ({ ServiceRegistries: [capitals(value)] }),
    networkConfiguration: (value) => {
      const { assignPublicIp, ...rest } = value as Properties;
      return {
        NetworkConfiguration: {
          AwsvpcConfiguration: { ...(capitals(rest) as Properties), AssignPublicIp: enabled(assignPublicIp) },
        },
      };
    },
  },
};

const role: Counterpart = {
  type: "AWS::IAM::Role",
  inputs: {
    name: "RoleName",
    assumeRolePolicy: parsed("AssumeRolePolicyDocument"),
    inlinePolicies: (value) => ({
      Policies: (value as InlinePolicy[]).map(({ name, policy }) => ({
        PolicyName: name,
        PolicyDocument: JSON.parse(policy) as unknown,
      })),
    }),
    forceDetachPolicies: dropped,
  },
  references: { arn: "Arn", name: "Ref" },
};

export const compute: Record<string, Counterpart | Part | Absent> = {
  "aws:ecs/cluster:Cluster": {
    type: "AWS::ECS::Cluster",
    inputs: { name: "ClusterName", settings: "ClusterSettings" },
    references: { arn: "Arn", name: "Ref" },
  },
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
    type: "AWS::ECS::ClusterCapacityProviderAssociations",
    inputs: {
      clusterName: "Cluster",
      // CloudFormation requires the strategy, which may be empty.
      capacityProviders: (value) => ({ CapacityProviders: value, DefaultCapacityProviderStrategy: [] }),
      defaultCapacityProviderStrategies: "DefaultCapacityProviderStrategy",
    },
  },
  "aws:ecs/taskDefinition:TaskDefinition": taskDefinition,
  "aws:ecs/service:Service": service,
  "aws:appautoscaling/target:Target": { type: "AWS::ApplicationAutoScaling::ScalableTarget" },
  "aws:appautoscaling/policy:Policy": {
    type: "AWS::ApplicationAutoScaling::ScalingPolicy",
    inputs: { name: "PolicyName" },
  },
  "aws:iam/role:Role": role,
  "aws:lambda/function:Function": {
    type: "AWS::Lambda::Function",
    inputs: {
      name: "FunctionName",
      s3Bucket: (value, { s3Key }) => ({ Code: { S3Bucket: value, S3Key: s3Key } }),
      s3Key: dropped,
      publish: dropped,
    },
    references: { arn: "Arn", name: "Ref" },
  },
  "aws:lambda/invocation:Invocation": {
    absent: "CloudFormation invokes functions only for custom resources.",
  },
  "aws:lambda/permission:Permission": {
    type: "AWS::Lambda::Permission",
    inputs: { function: "FunctionName" },
  },
};
