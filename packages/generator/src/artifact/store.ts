/** Creates objects in the bucket. The task's role allows nothing else, neither reading nor overwriting. */
import type { S3Client } from "@aws-sdk/client-s3";

export interface ObjectStore {
  /** @throws if the object exists already or can't be stored after retries */
  create: (key: string, body: Buffer, contentType?: string) => Promise<void>;
  /** Loads the AWS SDK ahead of its use. */
  load: () => Promise<void>;
  close: () => void;
}

const CONNECTIONS = 32;

/**
 * Creates one object.
 * @throws if it exists already or can't be stored
 */
export const createObject = async (
  s3: S3Client,
  object: { bucket: string; key: string; body: Buffer | string; contentType?: string | undefined },
): Promise<void> => {
  const { PutObjectCommand } = await import("@aws-sdk/client-s3");
  const { bucket: Bucket, key: Key, body: Body, contentType: ContentType } = object;
  try {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, IfNoneMatch: "*" }));
  } catch (error) {
    if (!isOwnEarlierTry(error)) throw error;
  }
};

/**
 * A store for one bucket. The AWS SDK finds endpoint, region and credentials by itself. It isn't loaded at the
 * start, where it would take time from the agent.
 */
export const openStore = (bucket: string, forcePathStyle: boolean): ObjectStore => {
  let client: Promise<S3Client> | undefined;
  const connect = async () => {
    const { S3Client } = await import("@aws-sdk/client-s3");
    return new S3Client({
      forcePathStyle,
      maxAttempts: 5,
      requestHandler: { httpAgent: { maxSockets: CONNECTIONS }, httpsAgent: { maxSockets: CONNECTIONS } },
    });
  };
  const load = () => (client ??= connect());
  return {
    load: async () => void (await load()),
    create: async (key, body, contentType) => {
      await createObject(await load(), { bucket, key, body, contentType });
    },
    close: () => {
      void client?.then((s3) => s3.destroy());
    },
  };
};

/** If a first try was stored but its response was lost, the second try finds the object there. */
const isOwnEarlierTry = (error: unknown) => {
  const { name, $metadata } = error as { name?: string; $metadata?: { attempts?: number } };
  return name === "PreconditionFailed" && ($metadata?.attempts ?? 1) > 1;
};
