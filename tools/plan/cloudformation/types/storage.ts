/** Objects, queues, topics, secrets, images. */
import {
  capitals,
  dropped,
  parsed,
  type Absent,
  type Counterpart,
  type Part,
  type Properties,
} from "./counterpart.ts";

const BUCKET = "aws:s3/bucketV2:BucketV2";

/** SST's and Pulumi's older resources each set one property of a bucket. */
const bucketPart = (properties: Part["properties"]): Part => ({
  of: BUCKET,
  isPartOf: ({ bucket }, whole) => whole.inputs.bucket === bucket,
  properties,
});

interface LifecycleRule {
  id: string;
  status: string;
  filter?: { prefix?: string };
  expiration?: { days: number };
  abortIncompleteMultipartUpload?: object;
}

const lifecycleRule = ({ filter, expiration, ...rest }: LifecycleRule): Properties => ({
  ...(capitals(rest) as Properties),
  ...(filter?.prefix ? { Prefix: filter.prefix } : {}),
  ...(expiration === undefined ? {} : { ExpirationInDays: expiration.days }),
});

interface EncryptionRule {
  applyServerSideEncryptionByDefault: { sseAlgorithm: string };
}

export const storage: Record<string, Counterpart | Part | Absent> = {
  [BUCKET]: {
    type: "AWS::S3::Bucket",
    inputs: { bucket: "BucketName", forceDestroy: dropped },
    references: { arn: "Arn", id: "Ref" },
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketPart(({ bucket: _bucket, ...rest }) => ({
    PublicAccessBlockConfiguration: capitals(rest),
  })),
  "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": bucketPart(
    ({ rules }) => ({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: (rules as EncryptionRule[]).map(
          ({ applyServerSideEncryptionByDefault: { sseAlgorithm } }) => ({
            ServerSideEncryptionByDefault: { SSEAlgorithm: sseAlgorithm },
          }),
        ),
      },
    }),
  ),
  "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": bucketPart(({ rules }) => ({
    LifecycleConfiguration: { Rules: (rules as LifecycleRule[]).map(lifecycleRule) },
  })),
  "aws:s3/bucketPolicy:BucketPolicy": {
    type: "AWS::S3::BucketPolicy",
    inputs: { policy: parsed("PolicyDocument") },
  },
  "aws:s3/bucketObjectv2:BucketObjectv2": { absent: "CloudFormation uploads no objects." },
  "aws:sqs/queue:Queue": {
    type: "AWS::SQS::Queue",
    inputs: {
      name: "QueueName",
      // Both are for FIFO queues only; CloudFormation rejects them on others.
      fifoQueue: (value) => (value === true ? { FifoQueue: true } : {}),
      contentBasedDeduplication: (value) => (value === true ? { ContentBasedDeduplication: true } : {}),
      messageRetentionSeconds: "MessageRetentionPeriod",
      visibilityTimeoutSeconds: "VisibilityTimeout",
      // Its JSON already uses CloudFormation's spelling.
      redrivePolicy: parsed("RedrivePolicy"),
    },
    references: { arn: "Arn", url: "Ref" },
  },
  "aws:sqs/queuePolicy:QueuePolicy": {
    type: "AWS::SQS::QueuePolicy",
    inputs: { policy: parsed("PolicyDocument"), queueUrl: (url) => ({ Queues: [url] }) },
  },
  "aws:sns/topic:Topic": {
    type: "AWS::SNS::Topic",
    inputs: { name: "TopicName" },
    references: { arn: "Ref" },
  },
  "aws:sns/topicPolicy:TopicPolicy": {
    type: "AWS::SNS::TopicPolicy",
    inputs: { arn: (topic) => ({ Topics: [topic] }), policy: parsed("PolicyDocument") },
  },
  "aws:sns/topicSubscription:TopicSubscription": {
    type: "AWS::SNS::Subscription",
    inputs: { topic: "TopicArn" },
  },
  "aws:secretsmanager/secret:Secret": {
    type: "AWS::SecretsManager::Secret",
    inputs: { recoveryWindowInDays: dropped },
    references: { arn: "Ref", id: "Ref" },
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    of: "aws:secretsmanager/secret:Secret",
    isPartOf: ({ secretId }, whole) => secretId === whole.attributes.id,
    properties: ({ secretString }) => ({ SecretString: secretString }),
  },
  "aws:ecr/repository:Repository": {
    type: "AWS::ECR::Repository",
    inputs: { name: "RepositoryName", forceDelete: "EmptyOnDelete" },
    references: { arn: "Arn", repositoryUrl: "RepositoryUri" },
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    of: "aws:ecr/repository:Repository",
    isPartOf: ({ repository }, whole) => whole.inputs.name === repository,
    // CloudFormation needs text here.
    properties: ({ policy }) => ({ LifecyclePolicy: { LifecyclePolicyText: policy } }),
  },
};
