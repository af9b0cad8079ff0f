/**
 * S3 and SQS on loopback: the emulator `fauxqs`, with what Leo relies on and it lacks:
 * create-only uploads (`If-None-Match: *`) and the generator role's rights.
 */
import type { AddressInfo } from "node:net";
import { fauxqsParts } from "./aws/fauxqs.ts";
import { MISDIRECTED, namesThisMachine } from "@leo/core/this-machine.ts";
import { guardUploads } from "./aws/uploads.ts";

export const REGION = "us-east-1";

/** Any static key works; this one is held to what the generator's role may do on AWS. */
export const GENERATOR_ACCESS_KEY_ID = "LEOGENERATOR";

export interface AwsOptions {
  /** Where objects (files) and queues (SQLite) are kept; none: in memory. */
  dataDir?: string;
  /** Told of what goes wrong in a request, which is answered with an error. */
  onError?: (error: unknown) => void;
}

export interface LocalAws {
  url: string;
  /** Environment that points an AWS SDK here, for the orchestrator's role. */
  env: Record<string, string>;
  /** The same for the generator's role: it may only create objects. */
  generatorEnv: Record<string, string>;
  createBucket: (name: string) => void;
  /** Returns the queue's URL. */
  createQueue: (name: string) => string;
  stop: () => Promise<void>;
}

const credentials = (accessKeyId: string): Record<string, string> => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: "local",
});

/** Starts S3 and SQS on a free loopback port. Buckets and queues that exist already are kept. */
export const startAws = async (options: AwsOptions = {}): Promise<LocalAws> => {
  const { app, sqs, s3 } = await fauxqsParts(options.dataDir);
  app.addHook("onRequest", async (request, reply) => {
    if (namesThisMachine(request.headers.host)) return undefined;
    return reply.code(MISDIRECTED.status).send(MISDIRECTED.message);
  });
  app.addHook("onError", async (_request, _reply, error) => options.onError?.(error));
  guardUploads(app, s3, GENERATOR_ACCESS_KEY_ID);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    env: {
      ...credentials("LEOLOCAL"),
      AWS_ENDPOINT_URL_S3: url,
      AWS_ENDPOINT_URL_SQS: url,
      LEO_S3_FORCE_PATH_STYLE: "true",
    },
    generatorEnv: {
      ...credentials(GENERATOR_ACCESS_KEY_ID),
      AWS_ENDPOINT_URL_S3: url,
      LEO_S3_FORCE_PATH_STYLE: "true",
    },
    createBucket: (name) => {
      if (!s3.hasBucket(name)) s3.createBucket(name);
    },
    createQueue: (name) => {
      const queueUrl = `${url}/000000000000/${name}`;
      // fauxqs finds a queue by its name alone, so a queue stored under another run's port stays usable.
      if (!sqs.getQueueByName(name)) {
        sqs.createQueue(name, queueUrl, `arn:aws:sqs:${REGION}:000000000000:${name}`);
      }
      return queueUrl;
    },
    stop: async () => app.close(),
  };
};
