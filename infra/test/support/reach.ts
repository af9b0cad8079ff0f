/** Who can open a connection to whom: security groups read as AWS reads them. */
import type { Graph } from "../../../tools/plan/graph/graph.ts";
import { all } from "./find.ts";

interface Rule {
  protocol: string;
  from: number;
  to: number;
  ranges: string[];
  groups: string[];
}

interface InlineRule {
  protocol: string;
  fromPort: number;
  toPort: number;
  cidrBlocks?: string[];
  securityGroups?: string[];
}

interface StandaloneRule {
  securityGroupId: string;
  ipProtocol: string;
  fromPort: number;
  toPort: number;
  cidrIpv4?: string;
  referencedSecurityGroupId?: string;
}

const inline = ({ protocol, fromPort, toPort, cidrBlocks, securityGroups }: InlineRule): Rule => ({
  protocol,
  from: fromPort,
  to: toPort,
  ranges: cidrBlocks ?? [],
  groups: securityGroups ?? [],
});

const standalone = ({
  ipProtocol,
  fromPort,
  toPort,
  cidrIpv4,
  referencedSecurityGroupId,
}: StandaloneRule): Rule => ({
  protocol: ipProtocol,
  from: fromPort,
  to: toPort,
  ranges: cidrIpv4 ? [cidrIpv4] : [],
  groups: referencedSecurityGroupId ? [referencedSecurityGroupId] : [],
});

/** Rules of a group, by its logical name. */
export const rulesOf = (graph: Graph, group: string, direction: "ingress" | "egress"): Rule[] => {
  const type = direction === "ingress" ? "Ingress" : "Egress";
  const [own] = all(graph, "ec2/securityGroup:SecurityGroup").filter((resource) => resource.name === group);
  if (!own) throw new Error(`No security group ${group}`);
  return [
    ...((own.inputs[direction] as InlineRule[] | undefined) ?? []).map(inline),
    ...all(graph, `vpc/securityGroup${type}Rule:SecurityGroup${type}Rule`)
      .map((resource) => resource.inputs as unknown as StandaloneRule)
      .filter((rule) => rule.securityGroupId === `${group}-id`)
      .map(standalone),
  ];
};

const WORLD = "0.0.0.0/0";

/** Whether some rule lets the port through to or from the other side: a group's name or an IPv4 range. */
const lets = (rules: Rule[], port: number, other: string) =>
  rules.some(
    ({ protocol, from, to, ranges, groups }) =>
      protocol === "-1" ||
      (protocol === "tcp" &&
        from <= port &&
        port <= to &&
        (ranges.includes(other) || ranges.includes(WORLD) || groups.includes(`${other}-id`))),
  );

/** Whether a TCP connection from one side to the other opens; a side is a group's name or "world". */
export const reaches = (graph: Graph, from: string, to: string, port: number): boolean => {
  const leaves = from === "world" || lets(rulesOf(graph, from, "egress"), port, to === "world" ? WORLD : to);
  const enters = to === "world" || lets(rulesOf(graph, to, "ingress"), port, from === "world" ? WORLD : from);
  return leaves && enters;
};
