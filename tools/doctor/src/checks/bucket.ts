import { randomUUID } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Check } from "../check.ts";
import { failure, type Finding, LeftOut, ok } from "../finding.ts";
import { awsProblem, reasonOf } from "@leo/core/explain.ts";
import { needCredentials } from "../target.ts";

/** Lists, writes, reads and deletes one small object, as the orchestrator does with its role. */
const use = async (s3: S3Client, bucket: string, signal: AbortSignal): Promise<void> => {
  const options = { abortSignal: signal };
  const object = { Bucket: bucket, Key: `doctor/${randomUUID()}` };
  await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), options);
  await s3.send(new PutObjectCommand({ ...object, Body: "leo" }), options);
  try {
    const { Body } = await s3.send(new GetObjectCommand(object), options);
    if ((await Body?.transformToString()) !== "leo") throw new Error("it gives back something else");
  } finally {
    await s3.send(new DeleteObjectCommand(object), options);
  }
};

const refused = (bucket: string, error: unknown, isUp: boolean): Finding => {
  const problem = awsProblem(error);
  if (problem === "missing" && !isUp) return ok(`${bucket} doesn't exist yet; the deploy creates it`);
  if (problem === "missing")
    return failure(`${bucket} doesn't exist`, "Deploy again; it was removed by hand.");
  if (problem === "denied")
    return failure(`these credentials may not use ${bucket}`, "Check the bucket's policy.");
  return failure(`${bucket} can't be used: ${reasonOf(error)}`);
};

export const bucketCheck: Check = {
  name: "bucket",
  run: async (target, signal) => {
    needCredentials(target);
    const { aws, bucket, s3ForcePathStyle, isUp } = target;
    if (!bucket) throw new LeftOut("the bucket's name");
    const s3 = new S3Client({ ...aws, forcePathStyle: s3ForcePathStyle });
    try {
      await use(s3, bucket, signal);
      return [ok(`${bucket}: list, write, read and delete work`)];
    } catch (error) {
      return [refused(bucket, error, isUp)];
    } finally {
      s3.destroy();
    }
  },
};
