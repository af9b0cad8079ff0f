import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Config } from "../config.ts";
import { ObjectTooLargeError, type Storage } from "./storage.ts";
import { AT_THE_START, traceCalls } from "../telemetry/aws-spans.ts";

/** Passes on what comes until it is more than `maxBytes`. */
const upTo = (maxBytes: number, key: string) => {
  let sizeBytes = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) controller.error(new ObjectTooLargeError(key, maxBytes));
      else controller.enqueue(chunk);
    },
  });
};

/** The most keys that S3 deletes in one call. */
const DELETE_BATCH = 1_000;

/**
 * Opens the artifact bucket. Endpoint, Region and credentials are found by the SDK itself.
 * @returns the storage; `close` ends its connections
 */
export const openStorage = (
  config: Pick<Config, "AWS_REGION" | "LEO_BUCKET" | "LEO_S3_FORCE_PATH_STYLE">,
): Storage & { close(): void } => {
  const client = new S3Client({
    region: config.AWS_REGION,
    forcePathStyle: config.LEO_S3_FORCE_PATH_STYLE,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
      httpsAgent: { maxSockets: 200 },
    },
  });
  client.middlewareStack.add(traceCalls("s3"), AT_THE_START);
  const Bucket = config.LEO_BUCKET;

  const read: Storage["read"] = async (key, { maxBytes, range }) => {
    try {
      const object = await client.send(new GetObjectCommand({ Bucket, Key: key, Range: range }));
      const { Body, ContentLength: sizeBytes, ContentRange: contentRange } = object;
      if (!Body || sizeBytes === undefined) throw new Error(`S3 sent no body, or no length, for ${key}`);
      const body = Body.transformToWebStream() as ReadableStream<Uint8Array>;
      if (sizeBytes > maxBytes) {
        await body.cancel();
        throw new ObjectTooLargeError(key, maxBytes);
      }
      return { body: body.pipeThrough(upTo(maxBytes, key)), sizeBytes, contentRange };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  };

  return {
    read,
    readText: async (key, maxBytes) => {
      const object = await read(key, { maxBytes });
      return object && (await new Response(object.body).text());
    },
    presignRead: (key, expiresInSeconds) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket, Key: key }), { expiresIn: expiresInSeconds }),
    async *list(prefix, { startAfter: StartAfter } = {}) {
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix: prefix, StartAfter, ContinuationToken }),
        );
        for (const { Key: key, Size: sizeBytes, LastModified: modifiedAt } of page.Contents ?? []) {
          if (key !== undefined && sizeBytes !== undefined && modifiedAt !== undefined)
            yield { key, sizeBytes, modifiedAt };
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
    },
    copy: async (from, to) => {
      const CopySource = [Bucket, ...from.split("/")].map(encodeURIComponent).join("/");
      try {
        await client.send(new CopyObjectCommand({ Bucket, Key: to, CopySource }));
        return true;
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === "NoSuchKey") return false;
        throw error;
      }
    },
    write: async (Key, Body, ContentType) => {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
    },
    delete: async (keys) => {
      for (let start = 0; start < keys.length; start += DELETE_BATCH) {
        const Objects = keys.slice(start, start + DELETE_BATCH).map((Key) => ({ Key }));
        const { Errors } = await client.send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
        );
        const [first] = Errors ?? [];
        if (first) throw new Error(`S3 kept ${Errors?.length} objects: ${first.Key}: ${first.Message}`);
      }
    },
    close: () => client.destroy(),
  };
};
