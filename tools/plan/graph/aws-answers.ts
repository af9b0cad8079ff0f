/** What AWS would return: ids and ARNs of resources, and results of data sources. */
import { createHash } from "node:crypto";
import type { MockCallArgs, MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { policyJson, type StatementInput } from "./policy-document.ts";
import { input } from "./program-input.ts";

type Properties = Record<string, unknown>;
const { accountId, region } = input;

const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
const text = (value: unknown, otherwise: string) => (typeof value === "string" ? value : otherwise);

/** Attributes that other resources read, by type. `name` is the physical name, if there is one. */
const COMPUTED: Record<string, (name: string, inputs: Properties) => Properties> = {
  "aws:ecs/cluster:Cluster": (name) => ({ arn: arn("ecs", `cluster/${name}`) }),
  "aws:ecs/service:Service": (name) => ({ arn: arn("ecs", `service/leo/${name}`) }),
  "aws:ecs/taskDefinition:TaskDefinition": (_, { family }) => ({
    arn: arn("ecs", `task-definition/${String(family)}:1`),
  }),
  "aws:ecr/repository:Repository": (name) => ({
    arn: arn("ecr", `repository/${name}`),
    registryId: accountId,
    repositoryUrl: `${accountId}.dkr.ecr.${region}.amazonaws.com/${name}`,
  }),
  "aws:iam/role:Role": (name) => ({ arn: `arn:aws:iam::${accountId}:role/${name}` }),
  "aws:s3/bucketV2:BucketV2": (_, { bucket }) => ({ arn: `arn:aws:s3:::${String(bucket)}` }),
  "aws:secretsmanager/secret:Secret": (name) => ({ arn: arn("secretsmanager", `secret:${name}-AbCdEf`) }),
  "aws:secretsmanager/secretVersion:SecretVersion": (_, { secretString }) => ({
    versionId: createHash("sha256").update(JSON.stringify(secretString)).digest("hex").slice(0, 32),
  }),
  "aws:sqs/queue:Queue": (name) => ({
    arn: arn("sqs", name),
    url: `https://sqs.${region}.amazonaws.com/${accountId}/${name}`,
  }),
  "aws:sns/topic:Topic": (name) => ({ arn: arn("sns", name) }),
  "aws:cloudwatch/logGroup:LogGroup": (name) => ({ arn: arn("logs", `log-group:${name}`) }),
  "aws:cloudwatch/eventRule:EventRule": (name) => ({ arn: arn("events", `rule/${name}`) }),
  "aws:lambda/function:Function": (name) => ({ arn: arn("lambda", `function:${name}`) }),
  "aws:lb/loadBalancer:LoadBalancer": (name) => ({
    arn: arn("elasticloadbalancing", `loadbalancer/app/${name}/0123456789abcdef`),
    arnSuffix: `app/${name}/0123456789abcdef`,
    dnsName: `${name}-1234.${region}.elb.amazonaws.com`.toLowerCase(),
    zoneId: "Z35SXDOTRQ7X7K",
  }),
  "aws:lb/targetGroup:TargetGroup": (name) => ({
    arn: arn("elasticloadbalancing", `targetgroup/${name}/fedcba9876543210`),
  }),
  "aws:acm/certificate:Certificate": (_, { domainName, subjectAlternativeNames }) => ({
    arn: arn("acm", "certificate/00000000-0000-4000-8000-000000000000"),
    domainValidationOptions: [domainName, ...(subjectAlternativeNames as string[])].map((name) => ({
      domainName: name,
      resourceRecordName: `_validation.${String(name).replace("*.", "")}`,
      resourceRecordType: "CNAME",
      resourceRecordValue: "_proof.acm-validations.aws.",
    })),
  }),
  "aws:servicediscovery/service:Service": (name) => ({ arn: arn("servicediscovery", `service/srv-${name}`) }),
  "docker-build:index:Image": () => ({ digest: `sha256:${"0".repeat(64)}` }),
  "pulumi-nodejs:dynamic:Resource": () => ({ zoneId: "Z0123456789" }),
};

/** A created resource: its inputs, plus what AWS computes, which is also in `computed`. */
export const madeResource = ({ type, name, id, inputs }: MockResourceArgs) => {
  const physical = text(inputs.name, text(inputs.bucket, `${name}-0123abc`));
  const computed = COMPUTED[type]?.(physical, inputs as Properties) ?? {};
  const state = { name: physical, ...(inputs as Properties), ...computed };
  return { id: id || `${name}-id`, state, computed };
};

/** A name that an earlier stack left behind. */
const left = (name: unknown): string => {
  if (!input.absent.includes(String(name))) return String(name);
  const details = `${String(name)} does not exist`;
  // Pulumi passes on only a provider's `details`.
  throw Object.assign(new Error(details), { details });
};

const ANSWERS: Record<string, (inputs: Properties) => Properties> = {
  "aws:index/getRegion:getRegion": () => ({ name: region, id: region }),
  "aws:index/getPartition:getPartition": () => ({ partition: "aws", dnsSuffix: "amazonaws.com" }),
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({ accountId }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": () => ({
    names: ["a", "b", "c"].map((zone) => region + zone),
  }),
  "aws:iam/getPolicyDocument:getPolicyDocument": (inputs) => ({
    statements: inputs.statements,
    json: policyJson(inputs.statements as StatementInput[]),
  }),
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": () => ({
    userName: "AWS",
    password: "REGISTRY-PASSWORD",
    proxyEndpoint: `https://${accountId}.dkr.ecr.${region}.amazonaws.com`,
  }),
  "aws:s3/getBucket:getBucket": ({ bucket }) => ({ bucket: left(bucket), region }),
  "aws:secretsmanager/getSecret:getSecret": ({ name }) => ({
    arn: arn("secretsmanager", `secret:${left(name)}-AbCdEf`),
  }),
  "aws:ecr/getRepository:getRepository": ({ name }) => ({ name: left(name) }),
  "aws:cloudwatch/getLogGroup:getLogGroup": ({ name }) => ({ name: left(name) }),
  "aws:servicequotas/getServiceQuota:getServiceQuota": () => ({ value: input.vcpuQuota }),
};

/** A data source's response. New data sources need a response here. */
export const dataSource = ({ token, inputs }: MockCallArgs) => {
  const answer = ANSWERS[token];
  if (!answer) throw new Error(`No response is defined for ${token}`);
  return { ...(inputs as Properties), ...answer(inputs as Properties) };
};
