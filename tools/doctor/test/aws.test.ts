import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { withBucket } from "@leo/local/testing/bucket.ts";
import { bucketCheck } from "../src/checks/bucket.ts";
import { credentialsCheck, readIdentity } from "../src/checks/credentials.ts";
import { queueCheck } from "../src/checks/queue.ts";
import { quotaCheck } from "../src/checks/quota.ts";
import { regionCheck } from "../src/checks/region.ts";
import type { AwsConfig } from "../src/target.ts";
import { awsJson, closedUrl, refusal, withServer } from "./support/stand-in.ts";
import { stageWith, targetWith, told } from "./support/target.ts";

const soon = () => AbortSignal.timeout(20_000);
const at = (url: string) => targetWith({}, url);

const identityLine = async (aws: AwsConfig) =>
  told(credentialsCheck, targetWith({ identity: undefined, ...(await readIdentity(aws, soon())) }));

describe("credentials", () => {
  test("that work are told with their account", async () => {
    await withBucket(async ({ endpoint }) => {
      expect(await identityLine(at(endpoint).aws)).toEqual(["ok: account 000000000000, root"]);
    });
  });

  test.for([
    ["ExpiredToken", "failure: the AWS credentials have expired"],
    ["InvalidClientTokenId", "failure: AWS doesn't know these credentials"],
    ["SignatureDoesNotMatch", "failure: AWS doesn't know these credentials"],
    ["RequestExpired", "failure: AWS rejects the signature: this machine's clock is wrong"],
    ["AccessDenied", "failure: these credentials may not even ask who they are"],
  ] as const)("refused with %s", async ([code, sentence]) => {
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`;
    const reply = { status: 403, headers: { "content-type": "text/xml" }, body };
    await withServer(
      () => reply,
      async (url) => expect(await identityLine(at(url).aws)).toEqual([sentence]),
    );
  });

  test("that nobody can be asked about", async () => {
    expect(await identityLine(at(await closedUrl()).aws)).toEqual([
      "failure: AWS can't be reached in us-east-1: the connection is refused",
    ]);
  });
});

test("a Region that other commands do not use is warned about", async () => {
  expect(await told(regionCheck, targetWith())).toEqual(["ok: us-east-1"]);
  const env = { AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "eu-west-1" };
  expect(await told(regionCheck, targetWith({ env }))).toEqual([
    "warning: the stage is in us-east-1, but AWS_DEFAULT_REGION says eu-west-1",
  ]);
});

describe("the Fargate quota", () => {
  const asked: object[] = [];
  const quota = (value: number) =>
    awsJson({
      GetServiceQuota: (input: object) => {
        asked.push(input);
        return { body: { Quota: { Value: value } } };
      },
    });

  test("is read for On-Demand vCPUs and is enough", async () => {
    await withServer(quota(6), async (url) =>
      expect(await told(quotaCheck, at(url))).toEqual(["ok: 6 Fargate vCPUs, 6 needed"]),
    );
    expect(asked.at(-1)).toEqual({ ServiceCode: "fargate", QuotaCode: "L-3032A538" });
  });

  test("is too small for the budget, an orchestrator and the one beside it during a deploy", async () => {
    const stage = stageWith({ LEO_VCPU_BUDGET: "24" });
    await withServer(quota(6), async (url) =>
      expect(await told(quotaCheck, targetWith({ stage }, url))).toEqual([
        "failure: Region us-east-1 allows this account 6 Fargate vCPUs, but the stage needs 26",
      ]),
    );
  });

  test("may not be read", async () => {
    await withServer(awsJson({ GetServiceQuota: () => refusal("AccessDeniedException") }), async (url) =>
      expect(await told(quotaCheck, at(url))).toEqual([
        "warning: these credentials may not read the Fargate quota",
      ]),
    );
    expect(await told(quotaCheck, at(await closedUrl()))).toEqual([
      "failure: the Fargate quota can't be read: the connection is refused",
    ]);
  });
});

test("nothing of AWS is asked without credentials", async () => {
  const target = targetWith({ identity: undefined });
  for (const check of [quotaCheck, bucketCheck, queueCheck]) {
    await expect(told(check, target)).rejects.toThrow("needs AWS credentials");
  }
});

describe("the bucket", () => {
  test("can be listed, written, read and deleted from, and is left as it was", async () => {
    await withBucket(async ({ bucket, endpoint }) => {
      const target = targetWith({ bucket }, endpoint);
      expect(await told(bucketCheck, target)).toEqual([`ok: ${bucket}: list, write, read and delete work`]);
      const left = await fetch(`${endpoint}/${bucket}?list-type=2`);
      expect(await left.text()).not.toContain("doctor/");
    });
  });

  test("does not exist: to be made before a deploy, a failure after it", async () => {
    await withBucket(async ({ endpoint }) => {
      const bucket = "leo-saas-generated-apps-none";
      expect(await told(bucketCheck, targetWith({ bucket, isUp: false }, endpoint))).toEqual([
        `ok: ${bucket} doesn't exist yet; the deploy creates it`,
      ]);
      expect(await told(bucketCheck, targetWith({ bucket }, endpoint))).toEqual([
        `failure: ${bucket} doesn't exist`,
      ]);
    });
  });

  test("may not be written to, with the rights of a generator", async () => {
    await withBucket(async ({ bucket, endpoint, generatorEnv }) => {
      const target = targetWith({ bucket }, endpoint);
      const accessKeyId = generatorEnv.AWS_ACCESS_KEY_ID ?? "";
      const aws = { ...target.aws, credentials: { accessKeyId, secretAccessKey: "local" } };
      expect(await told(bucketCheck, { ...target, aws })).toEqual([
        `failure: these credentials may not use ${bucket}`,
      ]);
    });
  });

  test("can't be reached", async () => {
    expect(await told(bucketCheck, targetWith({ bucket: "leo" }, await closedUrl()))).toEqual([
      "failure: leo can't be used: the connection is refused",
    ]);
  });
});

describe("the queue of task events", () => {
  const nameOf = (queueUrl: string) => queueUrl.split("/").at(-1) ?? "";

  test("is counted, and nothing is taken from it", async () => {
    await withBucket(async ({ queueUrl, clientConfig, endpoint }) => {
      const sqs = new SQSClient(clientConfig);
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}" }));
      const name = nameOf(queueUrl);
      const target = targetWith({ queue: { name } }, endpoint);
      expect(await told(queueCheck, target)).toEqual([`ok: ${name}: 1 task events waiting`]);
      expect(await told(queueCheck, target)).toEqual([`ok: ${name}: 1 task events waiting`]);
      expect(await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).toBeDefined();
    });
  });

  test("has dead letters", async () => {
    await withBucket(async ({ queueUrl, clientConfig, endpoint }) => {
      const sqs = new SQSClient(clientConfig);
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}" }));
      const name = nameOf(queueUrl);
      expect(await told(queueCheck, targetWith({ queue: { name, deadName: name } }, endpoint))).toEqual([
        `ok: ${name}: 1 task events waiting`,
        `warning: 1 task events failed and are in ${name}`,
      ]);
    });
  });

  test("does not exist, may not be read, can't be reached", async () => {
    const queue = { name: "leo-none" };
    await withBucket(async ({ endpoint }) => {
      expect(await told(queueCheck, targetWith({ queue, isUp: false }, endpoint))).toEqual([
        "ok: leo-none doesn't exist yet; the deploy creates it",
      ]);
      expect(await told(queueCheck, targetWith({ queue }, endpoint))).toEqual([
        "failure: leo-none doesn't exist",
      ]);
    });
    await withServer(
      () => refusal("AccessDeniedException", 403),
      async (url) =>
        expect(await told(queueCheck, targetWith({ queue }, url))).toEqual([
          "failure: these credentials may not read leo-none",
        ]),
    );
    expect(await told(queueCheck, targetWith({ queue }, await closedUrl()))).toEqual([
      "failure: leo-none can't be read: the connection is refused",
    ]);
  });
});
