/**
 * The API calls that creating, reading, updating and deleting each type of resource takes, as the AWS
 * provider 6.66.2 and SST 3.19.3 make them. `scope.ts` decides which resources a call may touch.
 */
import type { Resource } from "../graph/graph.ts";

export interface Calls {
  actions: string[];
  /** Services whose role AWS creates when the account first uses them. */
  linkedRoles?: string[];
}

type Entry = Calls | ((resource: Resource) => Calls);

/** `service: "One Two"` as `service:One`, `service:Two`. */
export const calls = (services: Record<string, string>): string[] =>
  Object.entries(services).flatMap(([service, names]) =>
    names
      .split(/\s+/)
      .filter(Boolean)
      .map((name) => `${service}:${name}`),
  );

const of = (services: Record<string, string>, linkedRoles: string[] = []): Calls => ({
  actions: calls(services),
  linkedRoles,
});

const NOTHING: Calls = { actions: [] };
const EC2_TAGS = "CreateTags DeleteTags";
const ELB_TAGS = "AddTags RemoveTags DescribeTags";
const TAGS = "TagResource UntagResource ListTagsForResource";
const SECURITY_GROUP = `DescribeSecurityGroups DescribeSecurityGroupRules AuthorizeSecurityGroupIngress
  AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress ${EC2_TAGS}`;

const ENTRIES: Record<string, Entry> = {
  "aws:ec2/vpc:Vpc": of({
    ec2: `CreateVpc DeleteVpc DescribeVpcs DescribeVpcAttribute ModifyVpcAttribute DescribeNetworkAcls
      DescribeRouteTables DescribeSecurityGroups ${EC2_TAGS}`,
  }),
  "aws:ec2/subnet:Subnet": of({
    ec2: `CreateSubnet DeleteSubnet DescribeSubnets ModifySubnetAttribute DescribeNetworkInterfaces ${EC2_TAGS}`,
  }),
  "aws:ec2/internetGateway:InternetGateway": of({
    ec2: `CreateInternetGateway DeleteInternetGateway AttachInternetGateway DetachInternetGateway
      DescribeInternetGateways ${EC2_TAGS}`,
  }),
  "aws:ec2/routeTable:RouteTable": of({
    ec2: `CreateRouteTable DeleteRouteTable DescribeRouteTables CreateRoute ReplaceRoute DeleteRoute
      DisassociateRouteTable ${EC2_TAGS}`,
  }),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": of({
    ec2: "AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation DescribeRouteTables",
  }),
  "aws:ec2/securityGroup:SecurityGroup": of({
    ec2: `CreateSecurityGroup DeleteSecurityGroup DescribeNetworkInterfaces ${SECURITY_GROUP}`,
  }),
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": of({ ec2: SECURITY_GROUP }),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": of({
    ec2: `AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress ModifySecurityGroupRules
      DescribeSecurityGroupRules ${EC2_TAGS}`,
  }),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": of({
    ec2: `AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress ModifySecurityGroupRules
      DescribeSecurityGroupRules ${EC2_TAGS}`,
  }),
  "aws:ec2/vpcEndpoint:VpcEndpoint": of({
    ec2: `CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints DescribeVpcEndpoints DescribePrefixLists ${EC2_TAGS}`,
  }),

  "aws:lb/loadBalancer:LoadBalancer": of(
    {
      elasticloadbalancing: `CreateLoadBalancer DeleteLoadBalancer DescribeLoadBalancers
        DescribeLoadBalancerAttributes ModifyLoadBalancerAttributes DescribeCapacityReservation
        SetSecurityGroups SetSubnets SetIpAddressType ${ELB_TAGS}`,
      // Creating a load balancer inspects the network with the caller's rights.
      ec2: `DescribeAccountAttributes DescribeAddresses DescribeInternetGateways DescribeNetworkInterfaces
        DescribeSecurityGroups DescribeSubnets DescribeVpcs`,
    },
    ["elasticloadbalancing.amazonaws.com"],
  ),
  "aws:lb/targetGroup:TargetGroup": of({
    elasticloadbalancing: `CreateTargetGroup DeleteTargetGroup DescribeTargetGroups DescribeTargetGroupAttributes
      ModifyTargetGroup ModifyTargetGroupAttributes ${ELB_TAGS}`,
  }),
  "aws:lb/listener:Listener": of({
    elasticloadbalancing: `CreateListener DeleteListener DescribeListeners DescribeListenerAttributes
      ModifyListener ModifyListenerAttributes ${ELB_TAGS}`,
  }),
  "aws:acm/certificate:Certificate": of({
    acm: `RequestCertificate DescribeCertificate DeleteCertificate UpdateCertificateOptions
      ListTagsForCertificate AddTagsToCertificate RemoveTagsFromCertificate`,
  }),
  "aws:acm/certificateValidation:CertificateValidation": of({ acm: "DescribeCertificate" }),
  "aws:route53/record:Record": of({
    route53: "ChangeResourceRecordSets ListResourceRecordSets GetHostedZone GetChange",
  }),
  "sst.aws.HostedZoneLookup": of({ route53: "ListHostedZones" }),
  "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": of({
    servicediscovery: `CreatePrivateDnsNamespace UpdatePrivateDnsNamespace DeleteNamespace GetNamespace
      GetOperation ${TAGS}`,
    // Cloud Map creates the namespace's zone with the caller's rights.
    route53: "CreateHostedZone DeleteHostedZone GetHostedZone ListHostedZonesByName",
    ec2: "DescribeVpcs DescribeRegions",
  }),
  "aws:servicediscovery/service:Service": of({
    servicediscovery: `CreateService UpdateService DeleteService GetService ListInstances DeregisterInstance
      GetOperation ${TAGS}`,
    // Cloud Map writes and removes the instances' records with the caller's rights.
    route53: "ChangeResourceRecordSets",
  }),

  "aws:ecs/cluster:Cluster": of(
    { ecs: `CreateCluster UpdateCluster UpdateClusterSettings DeleteCluster DescribeClusters ${TAGS}` },
    ["ecs.amazonaws.com"],
  ),
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": of({
    ecs: "PutClusterCapacityProviders DescribeClusters",
  }),
  "aws:ecs/service:Service": of({
    ecs: `CreateService UpdateService DeleteService DescribeServices ${TAGS}`,
  }),
  "aws:ecs/taskDefinition:TaskDefinition": of({
    ecs: `RegisterTaskDefinition DeregisterTaskDefinition DescribeTaskDefinition ${TAGS}`,
    iam: "PassRole",
  }),
  "aws:appautoscaling/target:Target": of(
    {
      "application-autoscaling": `RegisterScalableTarget DeregisterScalableTarget DescribeScalableTargets ${TAGS}`,
      ecs: "DescribeServices UpdateService",
    },
    ["ecs.application-autoscaling.amazonaws.com"],
  ),
  "aws:appautoscaling/policy:Policy": of({
    "application-autoscaling": "PutScalingPolicy DeleteScalingPolicy DescribeScalingPolicies",
    cloudwatch: "PutMetricAlarm DeleteAlarms DescribeAlarms",
  }),
  "aws:lambda/function:Function": of({
    lambda: `CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction GetFunction
      GetFunctionConfiguration GetFunctionCodeSigningConfig ListVersionsByFunction TagResource
      UntagResource ListTags`,
    iam: "PassRole",
  }),
  // Removing a stage calls a function that stops its generators.
  "aws:lambda/invocation:Invocation": of({ lambda: "InvokeFunction" }),
  "aws:lambda/permission:Permission": of({ lambda: "AddPermission RemovePermission GetPolicy" }),
  "aws:iam/role:Role": ({ inputs }) => ({
    actions: calls({
      iam: `CreateRole DeleteRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole
        UntagRole PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies
        ListInstanceProfilesForRole
        ${(inputs.managedPolicyArns as string[] | undefined)?.length ? "AttachRolePolicy DetachRolePolicy" : ""}`,
    }),
  }),
  "aws:ecr/repository:Repository": ({ inputs }) => ({
    actions: calls({
      ecr: `CreateRepository DeleteRepository DescribeRepositories PutImageScanningConfiguration
        PutImageTagMutability ${TAGS} ${inputs.forceDelete ? "BatchDeleteImage" : ""}`,
    }),
  }),
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": of({
    ecr: "PutLifecyclePolicy GetLifecyclePolicy DeleteLifecyclePolicy",
  }),
  // BuildKit logs in, reads and writes the cache, and pushes.
  "docker-build:index:Image": of({
    ecr: `GetAuthorizationToken BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer
      InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage`,
  }),

  "aws:s3/bucketV2:BucketV2": ({ inputs, options }) => ({
    actions: calls({
      s3: `CreateBucket ListBucket GetBucketLocation GetBucketAcl GetBucketCORS GetBucketWebsite
        GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment GetBucketLogging
        GetLifecycleConfiguration GetReplicationConfiguration GetEncryptionConfiguration
        GetBucketObjectLockConfiguration GetBucketPolicy GetBucketTagging PutBucketTagging
        ${options.retainOnDelete ? "" : "DeleteBucket"}
        ${inputs.forceDestroy ? "ListBucketVersions DeleteObject DeleteObjectVersion" : ""}`,
    }),
  }),
  "aws:s3/bucketPolicy:BucketPolicy": of({ s3: "PutBucketPolicy GetBucketPolicy DeleteBucketPolicy" }),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": of({
    s3: "PutBucketPublicAccessBlock GetBucketPublicAccessBlock",
  }),
  "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": of({
    s3: "PutLifecycleConfiguration GetLifecycleConfiguration",
  }),
  "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": of({
    s3: "PutEncryptionConfiguration GetEncryptionConfiguration",
  }),
  // The only objects in a stage are those of SST's asset bucket, which `sst.ts` allows.
  "aws:s3/bucketObjectv2:BucketObjectv2": NOTHING,
  "aws:secretsmanager/secret:Secret": of({
    secretsmanager: `CreateSecret UpdateSecret DeleteSecret DescribeSecret GetResourcePolicy TagResource
      UntagResource`,
  }),
  "aws:secretsmanager/secretVersion:SecretVersion": of({
    secretsmanager: "PutSecretValue GetSecretValue UpdateSecretVersionStage DescribeSecret",
  }),
  "aws:sqs/queue:Queue": of({
    sqs: "CreateQueue DeleteQueue GetQueueAttributes SetQueueAttributes GetQueueUrl TagQueue UntagQueue ListQueueTags",
  }),
  "aws:sqs/queuePolicy:QueuePolicy": of({ sqs: "GetQueueAttributes SetQueueAttributes" }),
  "aws:sns/topic:Topic": of({ sns: `CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes ${TAGS}` }),
  "aws:sns/topicPolicy:TopicPolicy": of({ sns: "GetTopicAttributes SetTopicAttributes" }),
  "aws:sns/topicSubscription:TopicSubscription": of({
    sns: "Subscribe Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes ListSubscriptionsByTopic",
  }),
  "aws:cloudwatch/eventRule:EventRule": of({
    events: `PutRule DeleteRule DescribeRule EnableRule DisableRule ${TAGS}`,
  }),
  "aws:cloudwatch/eventTarget:EventTarget": of({ events: "PutTargets RemoveTargets ListTargetsByRule" }),
  "aws:cloudwatch/logGroup:LogGroup": of({
    logs: `CreateLogGroup DeleteLogGroup DescribeLogGroups PutRetentionPolicy DeleteRetentionPolicy ${TAGS}`,
  }),
  "aws:cloudwatch/metricAlarm:MetricAlarm": of({
    cloudwatch: `PutMetricAlarm DeleteAlarms DescribeAlarms ${TAGS}`,
  }),
  "aws:cloudwatch/dashboard:Dashboard": of({ cloudwatch: "PutDashboard DeleteDashboards GetDashboard" }),
  "aws:budgets/budget:Budget": of({ budgets: `ViewBudget ModifyBudget ${TAGS}` }),

  // Created on the deploying machine, and kept in SST's state.
  "random:index/randomBytes:RandomBytes": NOTHING,
};

/** SST's components and bookkeeping, which aren't AWS resources. */
const NOT_IN_AWS = /^(sst:|pulumi:pulumi:Stack$)/;

/** SST's dynamic resources are identified by their name: `….sst.aws.HostedZoneLookup`. */
export const kindOf = ({ type, name }: Resource): string =>
  type === "pulumi-nodejs:dynamic:Resource" ? name.split(".").slice(-3).join(".") : type;

/** The table has no row for something that a deploy would create, so no policy would be complete. */
export class UnknownTypeError extends Error {
  override name = "UnknownTypeError";
}

/**
 * The API calls for deploying, updating and removing a resource.
 * @throws UnknownTypeError for a type that's missing from the table
 */
export const callsFor = (resource: Resource): Calls => {
  const kind = kindOf(resource);
  if (NOT_IN_AWS.test(kind)) return NOTHING;
  const entry = ENTRIES[kind];
  if (!entry) {
    throw new UnknownTypeError(
      `Can't print a policy: ${kind} (${resource.name}) is unknown. Add its API calls to tools/plan/policy/actions.ts.`,
    );
  }
  return typeof entry === "function" ? entry(resource) : entry;
};

const DATA_SOURCES: Record<string, string[]> = {
  "aws:index/getRegion:getRegion": [],
  "aws:index/getPartition:getPartition": [],
  "aws:index/getCallerIdentity:getCallerIdentity": ["sts:GetCallerIdentity"],
  "aws:index/getAvailabilityZones:getAvailabilityZones": ["ec2:DescribeAvailabilityZones"],
  "aws:iam/getPolicyDocument:getPolicyDocument": [],
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": ["ecr:GetAuthorizationToken"],
  // What LEO_ADOPT looks up.
  "aws:s3/getBucket:getBucket": calls({ s3: "ListBucket GetBucketLocation" }),
  "aws:secretsmanager/getSecret:getSecret": calls({ secretsmanager: "DescribeSecret GetResourcePolicy" }),
  "aws:ecr/getRepository:getRepository": calls({
    ecr: "DescribeRepositories DescribeImages ListTagsForResource",
  }),
  "aws:cloudwatch/getLogGroup:getLogGroup": calls({ logs: "DescribeLogGroups ListTagsForResource" }),
  "aws:servicequotas/getServiceQuota:getServiceQuota": ["servicequotas:GetServiceQuota"],
};

/**
 * The API calls for reading a data source.
 * @throws UnknownTypeError for one that's missing from the table
 */
export const callsForData = (token: string): string[] => {
  const actions = DATA_SOURCES[token];
  if (actions) return actions;
  throw new UnknownTypeError(
    `Can't print a policy: the data source ${token} is unknown. Add its API calls to tools/plan/policy/actions.ts.`,
  );
};
