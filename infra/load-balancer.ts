/** How the orchestrator is reached from outside; `orchestrator.ts` passes both parts to the service. */
import { PORT, stage } from "./context.ts";
import { orchestratorGroup } from "./security-groups.ts";

const ONE_DAY_SECONDS = 24 * 3600;
const forward = `${PORT}/http` as const;

const domain = stage.domain && {
  name: stage.domain,
  ...(stage.certificateArn
    ? { cert: stage.certificateArn, dns: false as const }
    : { aliases: [`*.${stage.previewDomain}`], dns: sst.aws.dns() }),
};

export const loadBalancer = {
  ...(domain ? { domain } : {}),
  rules: domain
    ? [
        { listen: "80/http" as const, redirect: "443/https" as const },
        { listen: "443/https" as const, forward },
      ]
    : [{ listen: "80/http" as const, forward }],
  health: {
    [forward]: {
      path: "/health",
      interval: "15 seconds" as const,
      timeout: "5 seconds" as const,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    },
  },
};

const openPorts = domain ? [80, 443] : [80];

/**
 * The listener that forwards to the orchestrator. SST exposes no reference to it, and its service doesn't wait
 * for it. But ECS won't create a service for a target group without a listener, and with a domain the listener
 * waits for the certificate.
 */
let foundForwarding: (listener: $util.Resource) => void;
export const forwardingListener = new Promise<$util.Resource>((resolve) => {
  foundForwarding = resolve;
});

export const loadBalancerTransform = {
  // SST's default opens every port to the world, both ways.
  loadBalancerSecurityGroup: {
    description: "Load balancer: entered from the allowlist",
    ingress: openPorts.map((port) => ({
      protocol: "tcp",
      fromPort: port,
      toPort: port,
      cidrBlocks: stage.allowlist,
    })),
    egress: [{ protocol: "tcp", fromPort: PORT, toPort: PORT, securityGroups: [orchestratorGroup.id] }],
  },
  loadBalancer: {
    // A socket can be silent for 25 s between pings.
    idleTimeout: 300,
    dropInvalidHeaderFields: true,
    enableDeletionProtection: stage.isProd,
  },
  target: {
    stickiness: { type: "lb_cookie", enabled: true, cookieDuration: ONE_DAY_SECONDS },
    // An open socket keeps a target draining for all of this time.
    deregistrationDelay: 60,
  },
  listener: (args: aws.lb.ListenerArgs, options: $util.CustomResourceOptions) => {
    if (args.protocol === "HTTPS") args.sslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06";
    if (args.protocol !== (domain ? "HTTPS" : "HTTP")) return undefined;
    options.transformations = [
      ({ resource }) => {
        foundForwarding(resource);
        return undefined;
      },
    ];
    return undefined;
  },
};

/**
 * The addresses of Leo and its previews.
 * @param dnsName the load balancer's name, used without a domain
 */
export const publicAddresses = (dnsName: string) => {
  const origin = stage.domain ? `https://${stage.domain}` : `http://${dnsName}`;
  const preview = stage.previewDomain
    ? `https://{generationId}.${stage.previewDomain}/`
    : `${origin}/preview/{generationId}/`;
  return { origin, preview };
};
