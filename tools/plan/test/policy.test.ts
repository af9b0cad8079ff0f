import { expect, test } from "vitest";
import { isAllowed } from "../../../infra/test/support/iam.ts";
import { allowForGraphs } from "../../../infra/test/support/graphs.ts";
import type { Resource } from "../graph/graph.ts";
import { callsFor, callsForData } from "../policy/actions.ts";
import { deployerPolicy } from "../policy/command.ts";
import { MANAGED_POLICY_CHARS, sizeChars, splitIntoDocuments } from "../policy/documents.ts";
import type { DeployerPolicy } from "../policy/render.ts";
import { mergeGrants } from "../policy/statement.ts";
import {
  arnPatterns,
  conditionKeys,
  exists,
  iamDataUpdatedAt,
  keysOf,
  listedKey,
} from "./support/aws-actions.ts";

allowForGraphs();

const ACCOUNT = "111122223333";
const DOMAIN = { LEO_DOMAIN: "leo.example.com" };
const CERTIFICATE = `arn:aws:acm:us-east-1:${ACCOUNT}:certificate/0b0e1f0a-1111-4222-8333-444455556666`;

const VARIANTS = {
  prod: { stage: "prod", settings: { LEO_ALARM_EMAIL: "ada@example.com" } },
  "a domain and several orchestrators": {
    stage: "prod",
    settings: { ...DOMAIN, LEO_ORCHESTRATORS: "2-4", LEO_DATABASE_POOLER_SIZE: "30" },
  },
  "a certificate and images made elsewhere": {
    stage: "prod",
    settings: {
      ...DOMAIN,
      LEO_DNS: "off",
      LEO_CERTIFICATE_ARN: CERTIFICATE,
      LEO_ORCHESTRATOR_IMAGE: "ghcr.io/acme/leo:1",
      LEO_GENERATOR_IMAGE: "ghcr.io/acme/leo:1",
    },
  },
  "taking over an earlier stack": {
    stage: "prod",
    settings: { LEO_ADOPT: "bucket,secrets,repositories,logs" },
  },
  "a personal stage in another Region": { stage: "ada", settings: { LEO_REGION: "eu-west-1" } },
  "sst dev": { stage: "ada", dev: true },
} as const;
type Variant = keyof typeof VARIANTS;

const policyOf = async (name: Variant) => deployerPolicy({ account: ACCOUNT, ...VARIANTS[name] });

const statementsOf = ({ documents }: DeployerPolicy) => documents.flatMap(({ Statement }) => Statement);
const actionsOf = (policy: DeployerPolicy) => statementsOf(policy).flatMap(({ Action }) => Action);
const cases = Object.keys(VARIANTS) as Variant[];

const STAGE_TAGS = { "aws:ResourceTag/sst:app": "leo-saas", "aws:ResourceTag/sst:stage": "prod" };
const REGION = { "aws:RequestedRegion": "us-east-1" };
/** Whether whoever deploys prod may do something. */
const deployer = async () => {
  const statements = statementsOf(await policyOf("prod"));
  return (action: string, resource: string, context: Record<string, string> = REGION) =>
    isAllowed(statements, { action, resource, context });
};

test.each(cases)("%s: no action is made up, none is a pattern", async (name) => {
  const actions = new Set(actionsOf(await policyOf(name)));
  expect(actions.size).toBeGreaterThan(100);
  const unknown = await Promise.all(
    [...actions].map(async (action) => ((await exists(action)) ? [] : [action])),
  );
  expect(unknown.flat()).toEqual([]);
  expect([...actions].filter((action) => action.includes("*"))).toEqual([]);
});

test("AWS's list of actions has a date, and is younger than Leo's provider", async () => {
  expect((await iamDataUpdatedAt()).getTime()).toBeGreaterThan(Date.parse("2026-01-01"));
});

test.each(cases)("%s: * stands only where AWS checks an action against no resource", async (name) => {
  const everywhere = statementsOf(await policyOf(name)).filter(({ Resource }) => Resource.includes("*"));
  const actions = everywhere.flatMap(({ Action }) => Action);
  const scopable = await Promise.all(
    actions.map(async (action) => ((await arnPatterns(action)).length > 0 ? [action] : [])),
  );
  // Checked against a container instance, which Fargate has none of: the cluster is a condition.
  expect(scopable.flat()).toEqual(["ecs:ListTasks"]);
  const reasons = new Map((await policyOf(name)).grants.map(({ action, reason }) => [action, reason]));
  expect(actions.filter((action) => !reasons.get(action))).toEqual([]);
});

test.each(cases)("%s: each action has an ARN that AWS checks it against", async (name) => {
  const scoped = statementsOf(await policyOf(name)).filter(({ Resource }) => !Resource.includes("*"));
  const missed = new Set(scoped.flatMap(({ Action }) => Action));
  for (const { Action, Resource } of scoped) {
    for (const action of Action) {
      const patterns = await arnPatterns(action);
      if (Resource.some((arn) => patterns.some((pattern) => pattern.test(arn)))) missed.delete(action);
    }
  }
  expect([...missed]).toEqual([]);
});

test.each(cases)("%s: conditions use keys that AWS sends with the action", async (name) => {
  const wrong: string[] = [];
  for (const statement of statementsOf(await policyOf(name))) {
    for (const action of statement.Action) {
      const known = new Set(await conditionKeys(action));
      const keys = keysOf(statement).filter((key) => key !== "aws:RequestedRegion");
      wrong.push(...keys.filter((key) => !known.has(listedKey(key))).map((key) => `${action} ${key}`));
    }
  }
  expect(wrong).toEqual([]);
});

test.each(cases)("%s: every document is one that IAM takes", async (name) => {
  for (const document of (await policyOf(name)).documents) {
    expect(document.Version).toBe("2012-10-17");
    expect(sizeChars(document)).toBeLessThanOrEqual(MANAGED_POLICY_CHARS);
    expect(JSON.stringify(document)).not.toMatch(/\s/);
  }
});

test("a document that is full is followed by another, and a statement too long is halved", () => {
  const arns = Array.from({ length: 200 }, (_, index) => `arn:aws:s3:::a-bucket-with-a-long-name-${index}`);
  const documents = splitIntoDocuments(mergeGrants([{ action: "s3:ListBucket", resources: arns }]));
  expect(documents.length).toBeGreaterThan(1);
  expect(documents.flatMap(({ Statement }) => Statement.flatMap(({ Resource }) => Resource))).toHaveLength(
    200,
  );
});

test("the same actions come out whatever the documents they are in", async () => {
  const { documents, grants } = await policyOf("prod");
  const printed = new Set(documents.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)));
  expect(printed).toEqual(new Set(grants.map(({ action }) => action)));
});

const resource = (type: string, name: string): Resource => ({
  type,
  name,
  inputs: {},
  attributes: {},
  options: { ignoreChanges: [], retainOnDelete: false },
  dependencies: [],
});

test("an unknown resource or data source is named", () => {
  expect(() => callsFor(resource("aws:kms/key:Key", "Key"))).toThrow(
    "Can't print a policy: aws:kms/key:Key (Key) is unknown. Add its API calls to tools/plan/policy/actions.ts.",
  );
  expect(() => callsFor(resource("pulumi-nodejs:dynamic:Resource", "A.sst.aws.Other"))).toThrow(
    "sst.aws.Other",
  );
  expect(() => callsForData("aws:kms/getKey:getKey")).toThrow("the data source aws:kms/getKey:getKey");
});

test("another stage of the account is out of reach", async () => {
  const may = await deployer();
  const others = [
    ["s3:GetObject", `arn:aws:s3:::leo-saas-generated-apps-${ACCOUNT}-ada/apps/one`],
    ["s3:DeleteBucketPolicy", `arn:aws:s3:::leo-saas-generated-apps-${ACCOUNT}-ada`],
    ["ecs:UpdateService", `arn:aws:ecs:us-east-1:${ACCOUNT}:service/leo-saas-ada/leo-saas-app-ada`],
    ["ecs:RegisterTaskDefinition", `arn:aws:ecs:us-east-1:${ACCOUNT}:task-definition/leo-ada:1`],
    ["ecr:PutImage", `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/leo-ada`],
    ["iam:PutRolePolicy", `arn:aws:iam::${ACCOUNT}:role/leo-saas-ada-generator-task`],
    [
      "secretsmanager:GetSecretValue",
      `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:leo-saas-ada/a-AbCdEf`,
    ],
    ["logs:DeleteLogGroup", `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/ecs/leo-ada`],
    ["cloudwatch:DeleteAlarms", `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:leo-saas-ada-orphans`],
    ["s3:GetObject", "arn:aws:s3:::sst-state-abcdefghijkl/app/leo-saas/ada.json"],
    ["ssm:GetParameter", `arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/sst/passphrase/leo-saas/ada`],
    ["ec2:DeleteVpc", `arn:aws:ec2:us-east-1:${ACCOUNT}:vpc/vpc-1`],
  ] as const;
  const tags = { ...STAGE_TAGS, "aws:ResourceTag/sst:stage": "ada" };
  expect(others.filter(([action, arn]) => may(action, arn, { ...REGION, ...tags }))).toEqual([]);
});

test("the stage's own are within reach", async () => {
  const may = await deployer();
  const own = [
    ["ecs:UpdateService", `arn:aws:ecs:us-east-1:${ACCOUNT}:service/leo-saas/leo-saas-app`],
    [
      "secretsmanager:CreateSecret",
      `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:leo-saas/database-url-AbCdEf`,
    ],
    ["iam:CreateRole", `arn:aws:iam::${ACCOUNT}:role/leo-saas-prod-OrchestratorTaskRole-abcdefgh`],
    ["s3:GetObject", "arn:aws:s3:::sst-state-abcdefghijkl/app/leo-saas/prod.json"],
    ["s3:PutObject", "arn:aws:s3:::sst-state-abcdefghijkl/snapshot/leo-saas/prod/1.json"],
    ["s3:PutObject", "arn:aws:s3:::sst-asset-abcdefghijkl/assets/ReaperHandler-code-1.zip"],
    ["ecr:PutImage", `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/leo`],
    ["ecs:ListTasks", "*"],
    ["ec2:DescribeVpcs", "*"],
  ] as const;
  const context = { ...REGION, "ecs:cluster": `arn:aws:ecs:us-east-1:${ACCOUNT}:cluster/leo-saas` };
  expect(own.filter(([action, arn]) => !may(action, arn, context))).toEqual([]);
});

test("what AWS names by an id is made with the stage's tags and changed only where it carries them", async () => {
  const may = await deployer();
  const vpc = `arn:aws:ec2:us-east-1:${ACCOUNT}:vpc/vpc-1`;
  const subnet = `arn:aws:ec2:us-east-1:${ACCOUNT}:subnet/subnet-1`;
  const requested = { "aws:RequestTag/sst:app": "leo-saas", "aws:RequestTag/sst:stage": "prod" };
  expect(may("ec2:CreateVpc", vpc)).toBe(false);
  expect(may("ec2:CreateVpc", vpc, requested)).toBe(true);
  expect(may("ec2:CreateSubnet", subnet, requested)).toBe(true);
  expect(may("ec2:CreateSubnet", vpc, STAGE_TAGS)).toBe(true);
  expect(may("ec2:CreateSubnet", vpc, requested)).toBe(false);
  expect(may("ec2:DeleteVpc", vpc)).toBe(false);
  expect(may("ec2:DeleteVpc", vpc, STAGE_TAGS)).toBe(true);
  expect(may("ec2:CreateTags", vpc, requested)).toBe(false);
  expect(may("ec2:CreateTags", vpc, { ...requested, "ec2:CreateAction": "CreateVpc" })).toBe(true);
});

test("a role is handed to the service that takes it, and to no other", async () => {
  const may = await deployer();
  const generator = `arn:aws:iam::${ACCOUNT}:role/leo-saas-generator-task`;
  const reaper = `arn:aws:iam::${ACCOUNT}:role/leo-saas-prod-ReaperHandlerRole-abcdefgh`;
  const to = (service: string) => ({ "iam:PassedToService": `${service}.amazonaws.com` });
  expect(may("iam:PassRole", generator, to("ecs-tasks"))).toBe(true);
  expect(may("iam:PassRole", generator, to("ec2"))).toBe(false);
  expect(may("iam:PassRole", reaper, to("lambda"))).toBe(true);
  expect(may("iam:PassRole", reaper, to("ecs-tasks"))).toBe(false);
  expect(may("iam:PassRole", `arn:aws:iam::${ACCOUNT}:role/Admin`, to("ecs-tasks"))).toBe(false);
});

test("roles of AWS's own are made for three services and no other", async () => {
  const linked = statementsOf(await policyOf("prod")).filter(({ Action }) =>
    Action.includes("iam:CreateServiceLinkedRole"),
  );
  expect(linked.flatMap(({ Resource }) => Resource).toSorted()).toEqual([
    `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/*`,
    `arn:aws:iam::${ACCOUNT}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/*`,
    `arn:aws:iam::${ACCOUNT}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*`,
  ]);
});

const recordNames = (policy: DeployerPolicy) =>
  statementsOf(policy)
    .filter(({ Action }) => Action.includes("route53:ChangeResourceRecordSets"))
    .map(({ Condition }) => Condition?.["ForAllValues:StringLike"]);

test("certificates and records need a domain, and then only its names", async () => {
  expect(actionsOf(await policyOf("prod"))).not.toContain("acm:RequestCertificate");
  expect(actionsOf(await policyOf("a certificate and images made elsewhere"))).not.toContain(
    "acm:RequestCertificate",
  );
  expect(recordNames(await policyOf("prod"))).toEqual([
    { "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["*.sst"] },
  ]);
  expect(recordNames(await policyOf("a certificate and images made elsewhere"))).toEqual(
    recordNames(await policyOf("prod")),
  );

  const [request] = statementsOf(await policyOf("a domain and several orchestrators")).filter(({ Action }) =>
    Action.includes("acm:RequestCertificate"),
  );
  expect(request?.Condition).toMatchObject({
    "ForAllValues:StringEquals": { "acm:DomainNames": ["leo.example.com", "*.preview.leo.example.com"] },
  });
  expect(recordNames(await policyOf("a domain and several orchestrators"))).toEqual([
    {
      "route53:ChangeResourceRecordSetsNormalizedRecordNames": [
        "_*.leo.example.com",
        "_*.preview.leo.example.com",
        "leo.example.com",
        "\\052.preview.leo.example.com",
        "*.sst",
      ],
    },
  ]);
});

test("scaling by CPU adds its policy, and alarms of its own name", async () => {
  expect(actionsOf(await policyOf("prod"))).not.toContain("application-autoscaling:PutScalingPolicy");
  const scaled = await policyOf("a domain and several orchestrators");
  expect(actionsOf(scaled)).toContain("application-autoscaling:PutScalingPolicy");
  const alarms = statementsOf(scaled).filter(({ Action }) => Action.includes("cloudwatch:PutMetricAlarm"));
  expect(alarms.flatMap(({ Resource }) => Resource)).toContain(
    `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:TargetTracking-service/leo-saas/leo-saas-app-*`,
  );
});

test("nobody who deploys prod deletes its bucket; a personal stage is removed with what is in it", async () => {
  expect(actionsOf(await policyOf("prod"))).not.toContain("s3:DeleteBucket");
  expect(actionsOf(await policyOf("prod"))).not.toContain("ecr:BatchDeleteImage");
  const removal = [
    "s3:DeleteBucket",
    "s3:ListBucketVersions",
    "s3:DeleteObjectVersion",
    "ecr:BatchDeleteImage",
  ];
  expect(actionsOf(await policyOf("a personal stage in another Region"))).toEqual(
    expect.arrayContaining(removal),
  );
});

test("the doctor's probe touches its own objects of the prod bucket and no app", async () => {
  const may = await deployer();
  const bucket = `arn:aws:s3:::leo-saas-generated-apps-${ACCOUNT}`;
  expect(may("s3:PutObject", `${bucket}/doctor/one`)).toBe(true);
  expect(may("s3:GetObject", `${bucket}/apps/one/dist/index.html`)).toBe(false);
});

test("sst dev takes the orchestrator's role and makes no load balancer, service or image", async () => {
  const dev = await policyOf("sst dev");
  expect(actionsOf(dev)).toEqual(expect.arrayContaining(["sts:AssumeRole", "appsync:EventConnect"]));
  expect(actionsOf(await policyOf("prod"))).not.toContain("sts:AssumeRole");
  const deploys = /^(elasticloadbalancing|lambda|cloudwatch|budgets):|^ecr:PutImage$|^iam:PassRole$/;
  expect(actionsOf(dev).filter((action) => deploys.test(action))).toEqual([]);
  const assumed = statementsOf(dev).find(({ Action }) => Action.includes("sts:AssumeRole"));
  expect(assumed?.Resource).toEqual([
    `arn:aws:iam::${ACCOUNT}:role/leo-saas-ada-OrchestratorTaskRole-????????`,
  ]);
});

test("without an account the policy holds for any, and a bucket's name still for this stage alone", async () => {
  const policy = await deployerPolicy({ stage: "prod", account: "*" });
  const resources = statementsOf(policy).flatMap(({ Resource }) => Resource);
  expect(resources).toContain("arn:aws:ecs:us-east-1:*:cluster/leo-saas");
  expect(resources).toContain("arn:aws:s3:::leo-saas-generated-apps-????????????");
});
