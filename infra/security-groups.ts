/**
 * Who may connect to whom. The load balancer's group is in `load-balancer.ts`; `orchestrator.ts` lets it reach
 * the orchestrator, once both exist.
 */
import { GENERATOR_PORT, names } from "./context.ts";
import { vpc } from "./network.ts";
import { databasePort } from "./secrets.ts";

const WORLD = "0.0.0.0/0";

export const orchestratorGroup = new aws.ec2.SecurityGroup("OrchestratorGroup", {
  vpcId: vpc.id,
  description: "Orchestrator: entered by the load balancer and by generators",
  tags: { Name: names.orchestrator },
});

export const generatorGroup = new aws.ec2.SecurityGroup("GeneratorGroup", {
  vpcId: vpc.id,
  description: "Generators: entered by nobody",
  tags: { Name: names.generator },
});

interface Egress {
  description: string;
  port: $util.Input<number>;
  protocol?: "tcp" | "udp";
  to: { cidrIpv4: $util.Input<string> } | { referencedSecurityGroupId: $util.Input<string> };
}

const allowEgress = (
  name: string,
  from: aws.ec2.SecurityGroup,
  { description, port, protocol, to }: Egress,
) =>
  new aws.vpc.SecurityGroupEgressRule(name, {
    securityGroupId: from.id,
    description,
    ipProtocol: protocol ?? "tcp",
    fromPort: port,
    toPort: port,
    ...to,
  });

const resolver = { cidrIpv4: vpc.nodes.vpc.cidrBlock };
const world = { cidrIpv4: WORLD };

for (const [name, group] of [
  ["Orchestrator", orchestratorGroup],
  ["Generator", generatorGroup],
] as const) {
  allowEgress(`${name}Https`, group, { description: "HTTPS", port: 443, to: world });
  allowEgress(`${name}DnsUdp`, group, { description: "DNS", port: 53, protocol: "udp", to: resolver });
  allowEgress(`${name}DnsTcp`, group, { description: "DNS", port: 53, to: resolver });
}

allowEgress("OrchestratorDatabase", orchestratorGroup, {
  description: "Postgres",
  port: databasePort,
  to: world,
});
allowEgress("GeneratorHttp", generatorGroup, { description: "Package mirrors", port: 80, to: world });
allowEgress("GeneratorToOrchestrator", generatorGroup, {
  description: "Socket of the orchestrator",
  port: GENERATOR_PORT,
  to: { referencedSecurityGroupId: orchestratorGroup.id },
});

new aws.vpc.SecurityGroupIngressRule("OrchestratorFromGenerator", {
  securityGroupId: orchestratorGroup.id,
  description: "Sockets of generators",
  ipProtocol: "tcp",
  fromPort: GENERATOR_PORT,
  toPort: GENERATOR_PORT,
  referencedSecurityGroupId: generatorGroup.id,
});
