/** The always-on service. */
import { adopting } from "./adopt.ts";
import { arn, GENERATOR_PORT, names, PORT, stage } from "./context.ts";
import { cluster } from "./cluster.ts";
import { taskEvents } from "./events.ts";
import { imageReference } from "./image.ts";
import { orchestratorImage } from "./images.ts";
import { forwardingListener, loadBalancer, loadBalancerTransform, publicAddresses } from "./load-balancer.ts";
import { vpc } from "./network.ts";
import { environment, injected } from "./orchestrator-environment.ts";
import { closeContainers, closeExecutionRole, closeTaskRole, type Addresses } from "./orchestrator-task.ts";
import { deployPercent } from "./scaling.ts";
import { modelSecret, orchestratorSecrets } from "./secrets.ts";
import { orchestratorGroup } from "./security-groups.ts";
import { bucket } from "./storage.ts";

const { scaling } = stage;
const { generator } = $dev ? { generator: undefined } : await import("./generator-link.ts");
const { generatorsEnd } = $dev ? { generatorsEnd: undefined } : await import("./generators-end.ts");

/** The names of the load balancer and the service are known only after the component below creates them. */
let resolveAddresses: (known: $util.Output<Addresses>) => void;
const addresses = new Promise<$util.Output<Addresses>>((resolve) => {
  resolveAddresses = resolve;
});

export const orchestrator = new sst.aws.Service("Orchestrator", {
  cluster,
  architecture: stage.architecture,
  cpu: `${stage.orchestrator.vcpu as 1} vCPU`,
  memory: `${stage.orchestrator.memoryGb} GB`,
  // Linked secrets would be clear text in the task definition; `sst dev` has no task definition.
  link: $dev
    ? [bucket, taskEvents, ...[...orchestratorSecrets, modelSecret].map(({ source }) => source)]
    : [bucket, taskEvents, generator],
  permissions: [
    {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [arn("secretsmanager", `secret:${names.secretPrefix}*`)],
    },
    // AWS checks it against no resource.
    { actions: ["servicequotas:GetServiceQuota"], resources: ["*"] },
  ],
  containers: [
    {
      name: names.orchestrator,
      image: $dev ? "not-built-in-dev" : imageReference(orchestratorImage),
      environment,
      ssm: injected,
      logging: { name: names.orchestratorLogs, retention: "1 week" },
      dev: { command: "node tools/local/src/dev.ts", directory: "." },
    },
  ],
  loadBalancer,
  scaling: {
    min: scaling.min,
    max: scaling.max,
    cpuUtilization: scaling.min < scaling.max && scaling.cpuPercent,
    // Memory grows with open sockets, which a new task doesn't take over.
    memoryUtilization: false,
  },
  // `npm run deploy` waits and reports progress; SST's own wait is silent for up to 20 minutes.
  wait: false,
  transform: {
    ...loadBalancerTransform,
    taskRole: closeTaskRole,
    executionRole: closeExecutionRole,
    logGroup: (_, options) => {
      Object.assign(options, adopting(names.orchestratorLogs));
      return undefined;
    },
    taskDefinition: (args) => {
      args.family = names.orchestrator;
      // A rollback names an older revision.
      args.skipDestroy = true;
      args.containerDefinitions = $resolve({
        text: args.containerDefinitions,
        known: $output(addresses),
      }).apply(({ text, known }) => closeContainers(text, known));
      return undefined;
    },
    service: (args, options) => {
      args.deploymentMaximumPercent = deployPercent(scaling);
      args.name = names.orchestrator;
      args.enableExecuteCommand = stage.exec;
      args.healthCheckGracePeriodSeconds = 60;
      args.networkConfiguration = {
        assignPublicIp: true,
        subnets: vpc.publicSubnets,
        securityGroups: [orchestratorGroup.id],
      };
      // Before the first deploy, `sst diff` has no certificate and so creates no listener.
      const listeners = $util.runtime.isDryRun() ? [] : [forwardingListener];
      options.dependsOn = [...listeners, ...(generatorsEnd ? [generatorsEnd] : [])];
      return undefined;
    },
  },
});

const connect = () => {
  const balancer = orchestrator.nodes.loadBalancer;
  const origins = balancer.dnsName.apply(publicAddresses);
  resolveAddresses(
    $resolve({ origins, host: orchestrator.service }).apply(({ origins: { origin, preview }, host }) => ({
      LEO_PUBLIC_URL: origin,
      LEO_PREVIEW_URL_TEMPLATE: preview,
      LEO_GENERATOR_URL: `ws://${host}:${GENERATOR_PORT}/ws/generator`,
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

export const url = $dev ? $output(`http://localhost:${process.env.LEO_DEV_PORT || PORT}`) : connect();
