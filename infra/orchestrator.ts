/** The always-on service. Its environment is what `packages/orchestrator/src/config.ts` asks for. */
import { arn, names, PORT, stage } from "./context.ts";
import { cluster } from "./cluster.ts";
import { taskEvents } from "./events.ts";
import { imageReference } from "./image.ts";
import { orchestratorImage } from "./images.ts";
import { loadBalancer, loadBalancerTransform, publicAddresses } from "./load-balancer.ts";
import { vpc } from "./network.ts";
import { closeContainers, closeExecutionRole, closeTaskRole, type Addresses } from "./orchestrator-task.ts";
import { SECRET_NAMES, SECRETS } from "./secret-list.ts";
import { secrets } from "./secrets.ts";
import { generatorGroup, orchestratorGroup } from "./security-groups.ts";
import { bucket } from "./storage.ts";

const { generator } = $dev ? { generator: undefined } : await import("./generator-link.ts");

const environment = {
  PORT: String(PORT),
  AWS_REGION: stage.region,
  LEO_MODE: "aws",
  LEO_BUCKET: bucket.name,
  LEO_CLUSTER: names.app,
  LEO_GENERATOR_FAMILY: names.generator,
  LEO_GENERATOR_SUBNETS: $util.all([vpc.publicSubnets]).apply(([subnets]) => subnets.join(",")),
  LEO_GENERATOR_SECURITY_GROUPS: generatorGroup.id,
  LEO_TASK_EVENTS_QUEUE_URL: taskEvents.url,
  LEO_GENERATOR_VCPU: String(stage.generator.vcpu),
  LEO_GENERATOR_MEMORY_MIB: String(stage.generator.memoryGb * 1024),
  LEO_VCPU_BUDGET: String(stage.vcpuBudget),
  LEO_RUNNING_PER_USER: String(stage.runningPerUser),
  LEO_GENERATION_BUDGET_USD: String(stage.generationBudgetUsd),
  LEO_RETENTION_DAYS: String(stage.retentionDays),
};

/** The gateway alone holds the Claude token: every other secret goes into this container. */
const injected = Object.fromEntries(
  SECRET_NAMES.filter((name) => name !== "ClaudeOauthToken").map((name) => [
    SECRETS[name].variable,
    secrets[name].valueFrom,
  ]),
);

/** The load balancer's name and the service's are known only once the component below made them. */
const addresses = Promise.withResolvers<$util.Output<Addresses>>();

export const orchestrator = new sst.aws.Service("Orchestrator", {
  cluster,
  architecture: stage.architecture,
  cpu: `${stage.orchestrator.vcpu as 1} vCPU`,
  memory: `${stage.orchestrator.memoryGb} GB`,
  // Linked secrets would be clear text in the task definition; in `sst dev` there is none.
  link: $dev
    ? [bucket, taskEvents, ...SECRET_NAMES.map((name) => secrets[name].source)]
    : [bucket, taskEvents, generator],
  permissions: [
    {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [arn("secretsmanager", `secret:${names.secretPrefix}*`)],
    },
    // AWS knows no resource for it.
    { actions: ["servicequotas:GetServiceQuota"], resources: ["*"] },
  ],
  containers: [
    {
      name: names.orchestrator,
      image: $dev ? "not-built-in-dev" : imageReference(orchestratorImage),
      environment,
      ssm: injected,
      logging: { name: names.orchestratorLogs, retention: "1 week" },
      dev: { command: "node packages/local/src/dev.ts", directory: "." },
    },
  ],
  loadBalancer,
  // One task: its number is changed by hand, and a deploy leaves it alone.
  scaling: { min: 1, max: 1, cpuUtilization: false, memoryUtilization: false },
  wait: stage.isProd,
  transform: {
    ...loadBalancerTransform,
    taskRole: closeTaskRole,
    executionRole: closeExecutionRole,
    taskDefinition: (args) => {
      args.family = names.orchestrator;
      // Rolling back means naming an older revision.
      args.skipDestroy = true;
      args.containerDefinitions = $resolve({
        text: args.containerDefinitions,
        known: $output(addresses.promise),
      }).apply(({ text, known }) => closeContainers(text, known));
      return undefined;
    },
    service: (args, options) => {
      args.name = names.orchestrator;
      args.enableExecuteCommand = stage.exec;
      args.healthCheckGracePeriodSeconds = 60;
      args.networkConfiguration = {
        assignPublicIp: true,
        subnets: vpc.publicSubnets,
        securityGroups: [orchestratorGroup.id],
      };
      options.ignoreChanges = ["desiredCount"];
      return undefined;
    },
  },
});

const connect = () => {
  const balancer = orchestrator.nodes.loadBalancer;
  const origins = balancer.dnsName.apply(publicAddresses);
  addresses.resolve(
    $resolve({ origins, host: orchestrator.service }).apply(({ origins: { origin, preview }, host }) => ({
      LEO_PUBLIC_URL: origin,
      LEO_PREVIEW_URL_TEMPLATE: preview,
      LEO_GENERATOR_URL: `ws://${host}:${PORT}/ws/generator`,
    })),
  );
  new aws.vpc.SecurityGroupIngressRule("OrchestratorFromLoadBalancer", {
    securityGroupId: orchestratorGroup.id,
    description: "Load balancer",
    ipProtocol: "tcp",
    fromPort: PORT,
    toPort: PORT,
    referencedSecurityGroupId: balancer.securityGroups.apply(([group]) => group ?? ""),
  });
  return origins.apply(({ origin }) => origin);
};

export const url = $dev ? $output(`http://localhost:${PORT}`) : connect();
