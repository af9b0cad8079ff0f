/** The stage's own resources as IAM knows them: ARNs by IAM's resource type, from the names in the graph. */
import type { Graph, Resource } from "../graph/graph.ts";

/** Where a stage is deployed. */
export interface Place {
  app: string;
  stage: string;
  region: string;
  /** `*` where it is not known. */
  account: string;
}

/** ARNs by `service:resource type`. */
export type Arns = Record<string, string[]>;

/** Twelve characters, as an account's number has, so that a bucket of another stage does not match. */
export const ANY_ACCOUNT = "?".repeat(12);

export const partitionOf = (region: string): string => {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
};

export const regionalArn = ({ region, account }: Place, service: string, rest: string) =>
  `arn:${partitionOf(region)}:${service}:${region}:${account}:${rest}`;

export const globalArn = ({ region, account }: Place, service: string, rest: string) =>
  `arn:${partitionOf(region)}:${service}::${account}:${rest}`;

export const bucketArn = ({ region }: Place, bucket: string) => `arn:${partitionOf(region)}:s3:::${bucket}`;

/** SST makes a name up from the logical one and eight random letters, and never changes it again. */
export const stableName = ({ name: logical, inputs, options }: Resource, field: string): string => {
  const name = inputs[field] as string;
  const isMadeUp = options.ignoreChanges.includes(field) && name.includes(logical.slice(0, 8));
  return isMadeUp ? name.replace(/-[a-z]{8}$/, "-????????") : name;
};

const namesOf = (graph: Graph, type: string, field = "name"): string[] =>
  graph.resources
    .filter((resource) => resource.type === `aws:${type}`)
    .map((resource) => stableName(resource, field));

/** Resources whose ids AWS makes up: nothing but their tags says whose they are. */
const EC2_TYPES = {
  vpc: "ec2/vpc:Vpc",
  subnet: "ec2/subnet:Subnet",
  "internet-gateway": "ec2/internetGateway:InternetGateway",
  "route-table": "ec2/routeTable:RouteTable",
  "security-group": "ec2/securityGroup:SecurityGroup",
  "security-group-rule": "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  "vpc-endpoint": "ec2/vpcEndpoint:VpcEndpoint",
};

const networkArns = (graph: Graph, place: Place): Arns =>
  Object.fromEntries(
    Object.entries(EC2_TYPES)
      .filter(([, type]) => graph.resources.some((resource) => resource.type === `aws:${type}`))
      .map(([kind]) => [`ec2:${kind}`, [regionalArn(place, "ec2", `${kind}/*`)]]),
  );

const balancerArns = (graph: Graph, place: Place): Arns => {
  const balancers = namesOf(graph, "lb/loadBalancer:LoadBalancer");
  const arns = (kind: string, names: string[], rest: string) =>
    names.map((name) => regionalArn(place, "elasticloadbalancing", `${kind}/${name}${rest}`));
  const groups = namesOf(graph, "lb/targetGroup:TargetGroup", "namePrefix");
  return {
    "elasticloadbalancing:loadbalancer/app/": arns("loadbalancer/app", balancers, "/*"),
    "elasticloadbalancing:listener/app": arns("listener/app", balancers, "/*/*"),
    "elasticloadbalancing:targetgroup": arns("targetgroup", groups, "*/*"),
  };
};

const containerArns = (graph: Graph, place: Place): Arns => {
  const ecs = (rest: string) => regionalArn(place, "ecs", rest);
  const clusters = namesOf(graph, "ecs/cluster:Cluster");
  const services = namesOf(graph, "ecs/service:Service");
  const scalable = graph.resources.some(({ type }) => type.startsWith("aws:appautoscaling/"));
  return {
    "ecs:cluster": clusters.map((name) => ecs(`cluster/${name}`)),
    "ecs:service": clusters.flatMap((cluster) => services.map((name) => ecs(`service/${cluster}/${name}`))),
    "ecs:task": clusters.map((name) => ecs(`task/${name}/*`)),
    "ecs:container-instance": [],
    "ecs:task-definition": namesOf(graph, "ecs/taskDefinition:TaskDefinition", "family").map((family) =>
      ecs(`task-definition/${family}:*`),
    ),
    // AWS makes up the target's id.
    "application-autoscaling:ScalableTarget": scalable
      ? [regionalArn(place, "application-autoscaling", "scalable-target/*")]
      : [],
    "ecr:repository": namesOf(graph, "ecr/repository:Repository").map((name) =>
      regionalArn(place, "ecr", `repository/${name}`),
    ),
    "lambda:function": namesOf(graph, "lambda/function:Function").map((name) =>
      regionalArn(place, "lambda", `function:${name}`),
    ),
    "iam:role": namesOf(graph, "iam/role:Role").map((name) => globalArn(place, "iam", `role/${name}`)),
  };
};

const storedArns = (graph: Graph, place: Place): Arns => {
  const buckets = namesOf(graph, "s3/bucketV2:BucketV2", "bucket");
  return {
    "s3:bucket": buckets.map((name) => bucketArn(place, name)),
    "s3:object": buckets.map((name) => bucketArn(place, `${name}/*`)),
    // Secrets Manager ends a name with a dash and six characters of its own.
    "secretsmanager:Secret": namesOf(graph, "secretsmanager/secret:Secret").map((name) =>
      regionalArn(place, "secretsmanager", `secret:${name}-??????`),
    ),
  };
};

const noticeArns = (graph: Graph, place: Place): Arns => {
  const regional = (type: string, service: string, rest: (name: string) => string) =>
    namesOf(graph, type).map((name) => regionalArn(place, service, rest(name)));
  const targets = graph.resources.filter(({ type }) => type === "aws:appautoscaling/target:Target");
  return {
    "sqs:queue": regional("sqs/queue:Queue", "sqs", (name) => name),
    "sns:topic": regional("sns/topic:Topic", "sns", (name) => name),
    "events:rule-on-default-event-bus": regional(
      "cloudwatch/eventRule:EventRule",
      "events",
      (name) => `rule/${name}`,
    ),
    // Some calls name a group with `:*` after it, some without.
    "logs:log-group": ["", ":*"].flatMap((rest) =>
      regional("cloudwatch/logGroup:LogGroup", "logs", (name) => `log-group:${name}${rest}`),
    ),
    "logs:log-stream": regional(
      "cloudwatch/logGroup:LogGroup",
      "logs",
      (name) => `log-group:${name}:log-stream:*`,
    ),
    "cloudwatch:alarm": [
      ...regional("cloudwatch/metricAlarm:MetricAlarm", "cloudwatch", (name) => `alarm:${name}`),
      // Target tracking makes alarms of its own.
      ...targets.map(({ inputs }) =>
        regionalArn(place, "cloudwatch", `alarm:TargetTracking-${String(inputs.resourceId)}-*`),
      ),
    ],
    "cloudwatch:dashboard": namesOf(graph, "cloudwatch/dashboard:Dashboard", "dashboardName").map((name) =>
      globalArn(place, "cloudwatch", `dashboard/${name}`),
    ),
    "budgets:budget": namesOf(graph, "budgets/budget:Budget").map((name) =>
      globalArn(place, "budgets", `budget/${name}`),
    ),
    "servicequotas:quota": [regionalArn(place, "servicequotas", "*/*")],
  };
};

/** What has ids of AWS's own making, outside of the network. */
const namedByAwsArns = (graph: Graph, place: Place): Arns => {
  const has = (type: string) => graph.resources.some((resource) => resource.type === `aws:${type}`);
  const zone = (kind: string) => `arn:${partitionOf(place.region)}:route53:::${kind}/*`;
  return {
    "servicediscovery:namespace": [regionalArn(place, "servicediscovery", "namespace/*")],
    "servicediscovery:service": has("servicediscovery/service:Service")
      ? [regionalArn(place, "servicediscovery", "service/*")]
      : [],
    "acm:certificate": [regionalArn(place, "acm", "certificate/*")],
    "route53:hostedzone": [zone("hostedzone")],
    "route53:change": [zone("change")],
    "route53:vpc": [regionalArn(place, "ec2", "vpc/*")],
  };
};

/** Every ARN of the stage that a policy can name. */
export const stageArns = (graph: Graph, place: Place): Arns => ({
  ...networkArns(graph, place),
  ...balancerArns(graph, place),
  ...containerArns(graph, place),
  ...storedArns(graph, place),
  ...noticeArns(graph, place),
  ...namedByAwsArns(graph, place),
});
