import { APPS_PREFIX } from "@leo/core/artifact.ts";
import { adopting, bucketName } from "./adopt.ts";
import { stage } from "./context.ts";

// SST's own link grants `s3:*` and hands it to everyone who links a bucket.
sst.Linkable.wrap(sst.aws.Bucket, (linked) => ({
  properties: { name: linked.name },
  include: [
    sst.aws.permission({
      actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      resources: [$interpolate`${linked.arn}/*`],
    }),
    sst.aws.permission({ actions: ["s3:ListBucket"], resources: [linked.arn] }),
  ],
}));

/** Artifacts of all versions, which expire, and files of published sites, which do not. Closed to the public, TLS only. */
export const bucket = new sst.aws.Bucket("GeneratedApps", {
  cors: false,
  transform: {
    bucket: (args, options) => {
      args.bucket = bucketName;
      args.forceDestroy = !stage.isProd;
      // Another name would be another, empty bucket: one that exists keeps its name.
      options.ignoreChanges = ["bucket"];
      Object.assign(options, adopting(bucketName));
      return undefined;
    },
  },
});

new aws.s3.BucketLifecycleConfigurationV2("GeneratedAppsExpiry", {
  bucket: bucket.name,
  rules: [
    {
      // Sites are beside it, under `sites/`: a rule cannot leave out a part of its prefix.
      id: "expire",
      status: "Enabled",
      filter: { prefix: APPS_PREFIX },
      expiration: { days: stage.retentionDays },
    },
    {
      id: "abort-uploads",
      status: "Enabled",
      filter: { prefix: "" },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
    },
  ],
});

new aws.s3.BucketServerSideEncryptionConfigurationV2("GeneratedAppsEncryption", {
  bucket: bucket.name,
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
});
