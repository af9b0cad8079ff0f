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

/** Artifacts of all versions. Closed to the public, TLS only, everything expires. */
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
      id: "expire",
      status: "Enabled",
      filter: { prefix: "" },
      expiration: { days: stage.retentionDays },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
    },
  ],
});

new aws.s3.BucketServerSideEncryptionConfigurationV2("GeneratedAppsEncryption", {
  bucket: bucket.name,
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
});
