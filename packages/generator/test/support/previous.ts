import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { TestBucket } from "@leo/local/testing/bucket.ts";
import type { TestGeneration } from "./generation.ts";

type Previous = NonNullable<StartGeneration["previous"]>;

/** An address at which an object can be read without any right. */
export const presign = (bucket: TestBucket, key: string): Promise<string> => {
  const s3 = new S3Client(bucket.clientConfig);
  return getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket.bucket, Key: key }), { expiresIn: 600 });
};

/** What the orchestrator gives the next generation of a version that is whole. */
export const versionOf = async ({ manifest, start, bucket }: TestGeneration): Promise<Previous> => {
  const { checkpoint } = await manifest();
  return {
    generationId: start.generationId,
    kind: "version",
    checkpointUrl: await presign(bucket, checkpoint?.key ?? ""),
    sessionId: checkpoint?.sessionId,
  };
};
