/** Networks, load balancers, names and certificates. */
import {
  attribute,
  capitals,
  dropped,
  type Absent,
  type Counterpart,
  type Part,
  type Properties,
} from "./counterpart.ts";

const EC2 = "AWS::EC2::";
const BALANCING = "AWS::ElasticLoadBalancingV2::";

interface InlineRule {
  fromPort?: number;
  toPort?: number;
  protocol: string;
  description?: string;
  cidrBlocks?: string[];
  securityGroups?: string[];
}

/** One rule per range and per group; `peer` is the property for a group in that direction. */
const inlineRules = (rules: InlineRule[], peer: string): Properties[] =>
  rules.flatMap(({ cidrBlocks = [], securityGroups = [], protocol, ...ports }) => {
    const rule = { ...(capitals(ports) as Properties), IpProtocol: protocol };
    return [
      ...cidrBlocks.map((CidrIp) => ({ ...rule, CidrIp })),
      ...securityGroups.map((group) => ({ ...rule, [peer]: group })),
    ];
  });

const securityGroupRule = (type: string, peer: string): Counterpart => ({
  type: EC2 + type,
  inputs: { cidrIpv4: "CidrIp", securityGroupId: "GroupId", referencedSecurityGroupId: peer },
});

interface Route {
  cidrBlock: string;
  gatewayId: unknown;
}

const routes = (given: unknown, table: unknown) =>
  Object.fromEntries(
    ((given ?? []) as Route[]).map(({ cidrBlock, gatewayId }, index) => [
      `Route${index + 1}`,
      {
        Type: `${EC2}Route`,
        Properties: { DestinationCidrBlock: cidrBlock, GatewayId: gatewayId, RouteTableId: table },
      },
    ]),
  );

const BALANCER = "LoadBalancerAttributes";
const TARGETS = "TargetGroupAttributes";

const healthCheck = (value: unknown): Properties => {
  const { healthyThreshold, unhealthyThreshold, interval, timeout, matcher, path } = value as Properties;
  return {
    HealthCheckPath: path,
    HealthCheckIntervalSeconds: interval,
    HealthCheckTimeoutSeconds: timeout,
    HealthyThresholdCount: healthyThreshold,
    UnhealthyThresholdCount: unhealthyThreshold,
    Matcher: { HttpCode: matcher },
  };
};

const stickiness = (value: unknown): Properties => {
  const { enabled, type, cookieDuration } = value as {
    enabled: boolean;
    type: string;
    cookieDuration: number;
  };
  const attributes = { enabled, type, [`${type}.duration_seconds`]: cookieDuration };
  return {
    [TARGETS]: Object.entries(attributes).map(([key, given]) => ({
      Key: `stickiness.${key}`,
      Value: String(given),
    })),
  };
};

const defaultActions = (value: unknown): Properties => ({
  DefaultActions: (value as Properties[]).map(({ redirect, fixedResponse, forward, ...rest }) => ({
    ...(capitals(rest) as Properties),
    ...(redirect === undefined ? {} : { RedirectConfig: capitals(redirect) }),
    ...(fixedResponse === undefined ? {} : { FixedResponseConfig: capitals(fixedResponse) }),
    ...(forward === undefined ? {} : { ForwardConfig: capitals(forward) }),
  })),
});

interface Alias {
  name: string;
  zoneId: string;
  evaluateTargetHealth: boolean;
}

const alias = (value: unknown): Properties => {
  const [{ name, zoneId, evaluateTargetHealth }] = value as [Alias];
  return { AliasTarget: { DNSName: name, HostedZoneId: zoneId, EvaluateTargetHealth: evaluateTargetHealth } };
};

export const network: Record<string, Counterpart | Part | Absent> = {
  "aws:ec2/vpc:Vpc": { type: `${EC2}VPC`, references: { id: "Ref" } },
  "aws:ec2/subnet:Subnet": { type: `${EC2}Subnet`, references: { id: "Ref" } },
  "aws:ec2/internetGateway:InternetGateway": {
    type: `${EC2}InternetGateway`,
    inputs: { vpcId: dropped },
    references: { id: "Ref" },
    beside: ({ vpcId }, self) => ({
      Attachment: {
        Type: `${EC2}VPCGatewayAttachment`,
        Properties: { VpcId: vpcId, InternetGatewayId: self },
      },
    }),
  },
  "aws:ec2/routeTable:RouteTable": {
    type: `${EC2}RouteTable`,
    inputs: { routes: dropped },
    references: { id: "Ref" },
    beside: ({ routes: given }, self) => routes(given, self),
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": { type: `${EC2}SubnetRouteTableAssociation` },
  "aws:ec2/vpcEndpoint:VpcEndpoint": { type: `${EC2}VPCEndpoint` },
  "aws:ec2/securityGroup:SecurityGroup": {
    type: `${EC2}SecurityGroup`,
    inputs: {
      description: "GroupDescription",
      name: "GroupName",
      ingress: (rules) => ({
        SecurityGroupIngress: inlineRules(rules as InlineRule[], "SourceSecurityGroupId"),
      }),
      egress: (rules) => ({
        SecurityGroupEgress: inlineRules(rules as InlineRule[], "DestinationSecurityGroupId"),
      }),
    },
    references: { id: "GroupId" },
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupRule(
    "SecurityGroupIngress",
    "SourceSecurityGroupId",
  ),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupRule(
    "SecurityGroupEgress",
    "DestinationSecurityGroupId",
  ),
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    absent: "CloudFormation can't change the group that AWS creates with a VPC.",
  },
  "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": {
    type: "AWS::ServiceDiscovery::PrivateDnsNamespace",
    references: { id: "Id" },
  },
  "aws:servicediscovery/service:Service": {
    type: "AWS::ServiceDiscovery::Service",
    inputs: {
      forceDestroy: dropped,
      // CloudFormation's documentation allows it in only one of the two places.
      dnsConfig: (value) => {
        const { dnsRecords, routingPolicy } = value as {
          dnsRecords: { ttl: number; type: string }[];
          routingPolicy?: string;
        };
        const records = dnsRecords.map(({ ttl, type }) => ({ TTL: ttl, Type: type }));
        return {
          DnsConfig: { DnsRecords: records, ...(routingPolicy ? { RoutingPolicy: routingPolicy } : {}) },
        };
      },
    },
    references: { arn: "Arn" },
  },
  "aws:lb/loadBalancer:LoadBalancer": {
    type: `${BALANCING}LoadBalancer`,
    inputs: {
      internal: (value) => ({ Scheme: value === true ? "internal" : "internet-facing" }),
      loadBalancerType: "Type",
      dropInvalidHeaderFields: attribute(BALANCER, "routing.http.drop_invalid_header_fields.enabled"),
      enableCrossZoneLoadBalancing: attribute(BALANCER, "load_balancing.cross_zone.enabled"),
      enableDeletionProtection: attribute(BALANCER, "deletion_protection.enabled"),
      idleTimeout: attribute(BALANCER, "idle_timeout.timeout_seconds"),
    },
    references: { arn: "Ref", dnsName: "DNSName", zoneId: "CanonicalHostedZoneID" },
  },
  "aws:lb/targetGroup:TargetGroup": {
    type: `${BALANCING}TargetGroup`,
    inputs: {
      // CloudFormation generates a name.
      namePrefix: dropped,
      deregistrationDelay: attribute(TARGETS, "deregistration_delay.timeout_seconds"),
      healthCheck,
      stickiness,
    },
    references: { arn: "Ref" },
  },
  "aws:lb/listener:Listener": {
    type: `${BALANCING}Listener`,
    inputs: {
      certificateArn: (value) => ({ Certificates: [{ CertificateArn: value }] }),
      defaultActions,
    },
    references: { arn: "Ref" },
  },
  "aws:acm/certificate:Certificate": {
    type: "AWS::CertificateManager::Certificate",
    references: { arn: "Ref" },
  },
  "aws:acm/certificateValidation:CertificateValidation": {
    absent: "CloudFormation waits for a certificate's validation by itself.",
  },
  "aws:route53/record:Record": {
    type: "AWS::Route53::RecordSet",
    inputs: {
      zoneId: "HostedZoneId",
      ttl: (value) => ({ TTL: String(value) }),
      records: "ResourceRecords",
      aliases: alias,
      allowOverwrite: dropped,
    },
  },
};
