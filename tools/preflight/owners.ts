/** Whether a name is free, this stage's or somebody else's, by the tags that SST puts on what it makes. */
import {
  BudgetsClient,
  DescribeBudgetCommand,
  ListTagsForResourceCommand as BudgetTags,
} from "@aws-sdk/client-budgets";
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand as LogGroupTags,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeRepositoriesCommand,
  ECRClient,
  ListTagsForResourceCommand as RepositoryTags,
} from "@aws-sdk/client-ecr";
import { DescribeClustersCommand, DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListTagsForResourceCommand as RuleTags,
} from "@aws-sdk/client-eventbridge";
import { GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetBucketTaggingCommand, HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ListTagsForResourceCommand as TopicTags, SNSClient } from "@aws-sdk/client-sns";
import { GetQueueUrlCommand, ListQueueTagsCommand, SQSClient } from "@aws-sdk/client-sqs";
import { awsProblem } from "@leo/core/explain.ts";
import type { AwsCalls } from "./aws-calls.ts";
import type { Named, NamedKind, Owner } from "./facts.ts";

const APP = "leo-saas";

/** AWS writes a tag in three ways. */
type Tags =
  | { Key?: string; Value?: string }[]
  | { key?: string; value?: string }[]
  | Record<string, string>
  | undefined;

const plainTags = (tags: Tags): Record<string, string | undefined> => {
  if (!Array.isArray(tags)) return tags ?? {};
  return Object.fromEntries(
    tags.map((tag) => ("Key" in tag ? [tag.Key, tag.Value] : "key" in tag ? [tag.key, tag.value] : [])),
  ) as Record<string, string | undefined>;
};

const NOBODY: Owner = { owner: "nobody" };

/** By the tags of something that exists. */
export const ownerByTags = (stage: string, given: Tags): Owner => {
  const tags = plainTags(given);
  const { "sst:app": app, "sst:stage": ofStage, "aws:cloudformation:stack-name": stack } = tags;
  if (app === APP && ofStage === stage) return { owner: "stage" };
  if (stack) return { owner: "other", by: `the CloudFormation stack ${stack}` };
  if (app) return { owner: "other", by: `stage ${ofStage ?? "unknown"} of the SST app ${app}` };
  return { owner: "other" };
};

interface Context {
  calls: AwsCalls;
  stage: string;
  region: string;
  account: string;
  partition: string;
}

type Look = (context: Context, name: string) => Promise<Owner>;

const LOOKS: Record<NamedKind, Look> = {
  secret: async ({ calls, stage }, name) => {
    const { Tags, DeletedDate } = await calls.ask("secretsmanager:DescribeSecret", (abort) =>
      calls.client(SecretsManagerClient).send(new DescribeSecretCommand({ SecretId: name }), abort),
    );
    return DeletedDate ? { owner: "deletion", until: DeletedDate } : ownerByTags(stage, Tags);
  },

  "ECR repository": async ({ calls, stage }, name) => {
    const { repositories = [] } = await calls.ask("ecr:DescribeRepositories", (abort) =>
      calls.client(ECRClient).send(new DescribeRepositoriesCommand({ repositoryNames: [name] }), abort),
    );
    const resourceArn = repositories[0]?.repositoryArn;
    if (!resourceArn) return NOBODY;
    const tagged = new RepositoryTags({ resourceArn });
    return ownerByTags(
      stage,
      (await calls.ask("ecr:ListTagsForResource", (abort) => calls.client(ECRClient).send(tagged, abort)))
        .tags,
    );
  },

  "log group": async ({ calls, stage, region, account, partition }, name) => {
    const { logGroups = [] } = await calls.ask("logs:DescribeLogGroups", (abort) =>
      calls
        .client(CloudWatchLogsClient)
        .send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }), abort),
    );
    if (!logGroups.some(({ logGroupName }) => logGroupName === name)) return NOBODY;
    const resourceArn = `arn:${partition}:logs:${region}:${account}:log-group:${name}`;
    const tagged = new LogGroupTags({ resourceArn });
    return ownerByTags(
      stage,
      (
        await calls.ask("logs:ListTagsForResource", (abort) =>
          calls.client(CloudWatchLogsClient).send(tagged, abort),
        )
      ).tags,
    );
  },

  bucket: async ({ calls, stage, region, account }, name) => {
    const Bucket = { Bucket: name, ExpectedBucketOwner: account };
    const { BucketRegion } = await calls.ask("s3:ListBucket", (abort) =>
      calls.client(S3Client).send(new HeadBucketCommand(Bucket), abort),
    );
    if (BucketRegion && BucketRegion !== region)
      return { owner: "other", by: `something in Region ${BucketRegion}` };
    const { TagSet } = await calls
      .ask("s3:GetBucketTagging", (abort) =>
        calls.client(S3Client).send(new GetBucketTaggingCommand(Bucket), abort),
      )
      .catch((error: unknown) => {
        if ((error as Error).name === "NoSuchTagSet") return { TagSet: [] };
        throw error;
      });
    return ownerByTags(stage, TagSet);
  },

  "IAM role": async ({ calls, stage }, name) => {
    const { Role } = await calls.ask("iam:GetRole", (abort) =>
      calls.client(IAMClient).send(new GetRoleCommand({ RoleName: name }), abort),
    );
    return ownerByTags(stage, Role?.Tags);
  },

  queue: async ({ calls, stage }, name) => {
    const asked = new GetQueueUrlCommand({ QueueName: name });
    const { QueueUrl } = await calls.ask("sqs:GetQueueUrl", (abort) =>
      calls.client(SQSClient).send(asked, abort),
    );
    const tagged = new ListQueueTagsCommand({ QueueUrl });
    return ownerByTags(
      stage,
      (await calls.ask("sqs:ListQueueTags", (abort) => calls.client(SQSClient).send(tagged, abort))).Tags,
    );
  },

  "ECS cluster": async ({ calls, stage }, name) => {
    const { clusters = [] } = await calls.ask("ecs:DescribeClusters", (abort) =>
      calls
        .client(ECSClient)
        .send(new DescribeClustersCommand({ clusters: [name], include: ["TAGS"] }), abort),
    );
    const [found] = clusters.filter(({ status }) => status !== "INACTIVE");
    return found ? ownerByTags(stage, found.tags) : NOBODY;
  },

  /** `name` is `cluster/service`. */
  "ECS service": async ({ calls, stage }, name) => {
    const [cluster, service = ""] = name.split("/");
    const { services = [] } = await calls.ask("ecs:DescribeServices", (abort) =>
      calls
        .client(ECSClient)
        .send(new DescribeServicesCommand({ cluster, services: [service], include: ["TAGS"] }), abort),
    );
    const [found] = services.filter(({ status }) => status !== "INACTIVE");
    return found ? ownerByTags(stage, found.tags) : NOBODY;
  },

  "SNS topic": async ({ calls, stage, region, account, partition }, name) => {
    const ResourceArn = `arn:${partition}:sns:${region}:${account}:${name}`;
    const tagged = new TopicTags({ ResourceArn });
    return ownerByTags(
      stage,
      (await calls.ask("sns:ListTagsForResource", (abort) => calls.client(SNSClient).send(tagged, abort)))
        .Tags,
    );
  },

  "Lambda function": async ({ calls, stage }, name) => {
    const asked = new GetFunctionCommand({ FunctionName: name });
    return ownerByTags(
      stage,
      (await calls.ask("lambda:GetFunction", (abort) => calls.client(LambdaClient).send(asked, abort))).Tags,
    );
  },

  "EventBridge rule": async ({ calls, stage }, name) => {
    const asked = new DescribeRuleCommand({ Name: name });
    const { Arn } = await calls.ask("events:DescribeRule", (abort) =>
      calls.client(EventBridgeClient).send(asked, abort),
    );
    const tagged = new RuleTags({ ResourceARN: Arn });
    return ownerByTags(
      stage,
      (
        await calls.ask("events:ListTagsForResource", (abort) =>
          calls.client(EventBridgeClient).send(tagged, abort),
        )
      ).Tags,
    );
  },

  budget: async ({ calls, stage, account, partition }, name) => {
    const asked = new DescribeBudgetCommand({ AccountId: account, BudgetName: name });
    await calls.ask("budgets:ViewBudget", (abort) => calls.client(BudgetsClient).send(asked, abort));
    const ResourceARN = `arn:${partition}:budgets::${account}:budget/${name}`;
    const tagged = new BudgetTags({ ResourceARN });
    const { ResourceTags } = await calls.ask("budgets:ListTagsForResource", (abort) =>
      calls.client(BudgetsClient).send(tagged, abort),
    );
    return ownerByTags(stage, ResourceTags);
  },
};

/** @throws NotReadable */
export const readOwner = async (context: Context, { kind, name }: Named): Promise<Owner> => {
  try {
    return await LOOKS[kind](context, name);
  } catch (error) {
    if (awsProblem(error) === "missing") return NOBODY;
    throw error;
  }
};
