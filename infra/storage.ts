import { APPS_PREFIX } from "@leo/core/artifact.ts";
import { adopting, bucketName } from "./adopt.ts";
import { stage } from "./context.ts";

// SST's link would grant `s3:*` to everything that links a bucket.
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

/** Artifacts of versions, which expire, and files of published sites, which don't. Closed to the public, TLS only. */
export const bucket = new sst.aws.Bucket("GeneratedApps", {
  cors: false,
  transform: {
    bucket: (args, options) => {
      args.bucket = bucketName;
      args.forceDestroy = !stage.isProd;
      // Renaming would create another, empty bucket, so an existing one keeps its name.
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
      // Sites are separate, under `sites/`, because a rule can't exclude a part of its prefix.
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
