/**
 * AWS calls that Leo's commands make with the deployer's credentials: preflight, `npm run deploy`,
 * `npm run deployed` and the doctor. A test compares this list with the calls in their sources.
 */
import { calls } from "./actions.ts";

/** `service:Operation` of the SDK. */
export const OPERATIONS = calls({
  acm: "DescribeCertificate",
  budgets: "DescribeBudget ListTagsForResource",
  ec2: "DescribeVpcs",
  ecr: "DescribeRepositories DescribeImages ListTagsForResource",
  ecs: "DescribeClusters DescribeServices DescribeTaskDefinition ListTasks DescribeTasks",
  events: "DescribeRule ListTagsForResource",
  iam: "GetRole",
  lambda: "GetFunction",
  logs: "DescribeLogGroups GetLogEvents ListTagsForResource",
  route53: "ListHostedZones",
  s3: "HeadBucket GetBucketTagging ListObjectsV2 PutObject GetObject DeleteObject",
  secretsmanager: "DescribeSecret GetSecretValue",
  servicequotas: "GetServiceQuota GetAWSDefaultServiceQuota",
  sns: "ListTagsForResource",
  sqs: "GetQueueUrl GetQueueAttributes ListQueueTags",
  sts: "GetCallerIdentity",
});

/** The only objects they touch in the bucket: the doctor's probe. */
export const PROBED = "doctor/*";

/** Operations with another name in IAM. */
const RENAMED: Record<string, string[]> = {
  "budgets:DescribeBudget": ["budgets:ViewBudget"],
  "s3:HeadObject": ["s3:GetObject"],
  "s3:HeadBucket": ["s3:ListBucket"],
  "s3:ListObjectsV2": ["s3:ListBucket"],
  "s3:CreateMultipartUpload": ["s3:PutObject"],
};

/** IAM's actions for an SDK operation. */
export const actionsOf = (operation: string): string[] => RENAMED[operation] ?? [operation];
