import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { GENERATOR_ACCESS_KEY_ID, REGION } from "../aws.ts";
import "./context.ts";

export interface TestBucket {
  bucket: string;
  /** An empty queue of its own. */
  queueUrl: string;
  /** S3 and SQS in one. */
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Environment for a process with the orchestrator's rights. */
  env: Record<string, string>;
  /** Environment for a process with the generator's rights: create objects, nothing else. */
  generatorEnv: Record<string, string>;
  /** What a client constructor takes: `new S3Client(clientConfig)`, `new SQSClient(clientConfig)`. */
  clientConfig: {
    endpoint: string;
    region: string;
    forcePathStyle: true;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
}

const sqs = async (endpoint: string, action: string, body: object): Promise<void> => {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${action}: ${await response.text()}`);
  await response.arrayBuffer();
};

/** Runs with an empty bucket and an empty queue of the run's S3 and SQS. */
export const withBucket = async <T>(run: (bucket: TestBucket) => Promise<T>): Promise<T> => {
  const endpoint = inject("awsUrl");
  const name = `leo-test-${randomBytes(8).toString("hex")}`;
  const queueUrl = `${endpoint}/000000000000/${name}`;
  const made = await fetch(`${endpoint}/${name}`, { method: "PUT" });
  await made.arrayBuffer();
  await sqs(endpoint, "CreateQueue", { QueueName: name });
  const credentials = { accessKeyId: "LEOTEST", secretAccessKey: "local" };
  const env = {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_SQS: endpoint,
    LEO_S3_FORCE_PATH_STYLE: "true",
  };
  try {
    return await run({
      bucket: name,
      queueUrl,
      endpoint,
      region: REGION,
      credentials,
      env,
      generatorEnv: { ...env, AWS_ACCESS_KEY_ID: GENERATOR_ACCESS_KEY_ID },
      clientConfig: { endpoint, region: REGION, forcePathStyle: true, credentials },
    });
  } finally {
    await sqs(endpoint, "DeleteQueue", { QueueUrl: queueUrl });
  }
};
