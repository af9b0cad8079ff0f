import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { namesFor } from "../../../infra/names.ts";
import { SECRET_NAMES, SECRETS as SECRET_LIST } from "../../../infra/secret-list.ts";
import { stageTarget } from "../src/stage-target.ts";
import { awsJson, refusal, type Reply, withServer } from "./support/stand-in.ts";
import { SECRETS } from "./support/target.ts";

afterEach(() => vi.unstubAllEnvs());

const IDENTITY = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ada</Arn>
  <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

const TASK_DEFINITION = {
  containerDefinitions: [{ environment: [{ name: "LEO_PUBLIC_URL", value: "https://leo.test" }] }],
};

/** An account in which these operations answer, with `sst` printing the secrets. */
const found = async (operations: Record<string, (input: never) => Reply>) => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-doctor-"));
  const sstCommand = path.join(folder, "sst");
  const lines = Object.entries(SECRETS).map(([name, value]) => `${name}=${value}`);
  await writeFile(path.join(folder, "secrets"), `# leo-saas/prod\n${lines.join("\n")}\n`);
  await writeFile(sstCommand, `#!/bin/sh\ncat "${folder}/secrets"\n`);
  await chmod(sstCommand, 0o755);
  const json = awsJson(operations);
  try {
    return await withServer(
      (asked) =>
        asked.headers["x-amz-target"]
          ? json(asked)
          : { headers: { "content-type": "text/xml" }, body: IDENTITY },
      (url) => {
        vi.stubEnv("AWS_ENDPOINT_URL", url);
        vi.stubEnv("AWS_ACCESS_KEY_ID", "LEOTEST");
        vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
        return stageTarget("prod", { ...process.env, LEO_DOMAIN: "leo.test" }, { sstCommand });
      },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
};

const service = () => ({ body: { services: [{ status: "ACTIVE", taskDefinition: "leo-saas-app:7" }] } });

test("a stage that is deployed: its address, its names, and both sets of secrets", async () => {
  const names = namesFor("prod");
  const byName = Object.fromEntries(
    SECRET_NAMES.map((name) => [names.secret(SECRET_LIST[name].name), `running ${name}`]),
  );
  const { target, findings } = await found({
    DescribeServices: service,
    DescribeTaskDefinition: () => ({ body: { taskDefinition: TASK_DEFINITION } }),
    GetSecretValue: ({ SecretId }: { SecretId: string }) => ({ body: { SecretString: byName[SecretId] } }),
  });
  expect(findings).toEqual([]);
  expect(target).toMatchObject({
    name: "stage prod in us-east-1",
    isUp: true,
    publicUrl: "https://leo.test",
    identity: { account: "111122223333" },
    bucket: "leo-saas-generated-apps-111122223333",
    queue: { name: "leo-saas-task-events", deadName: "leo-saas-dead-task-events" },
    tls: { host: "leo.test", port: 443 },
    secrets: SECRETS,
  });
  expect(target.runningSecrets?.FlyApiToken).toBe("running FlyApiToken");
});

test("a stage before its first deploy", async () => {
  const none = await found({ DescribeServices: () => refusal("ClusterNotFoundException") });
  const removed = await found({ DescribeServices: () => ({ body: { services: [{ status: "INACTIVE" }] } }) });
  for (const { target, findings } of [none, removed]) {
    expect(findings).toEqual([]);
    expect(target).toMatchObject({ isUp: false, secrets: SECRETS });
    expect(target.runningSecrets).toBeUndefined();
  }
});

test("what may not be read is told, and nothing is taken for absent", async () => {
  const { target } = await found({
    DescribeServices: service,
    DescribeTaskDefinition: () => ({ body: { taskDefinition: TASK_DEFINITION } }),
    GetSecretValue: () => refusal("AccessDeniedException"),
  });
  expect(target.runningSecretsProblem).toMatchObject({
    status: "warning",
    message: expect.stringMatching(/^the running tasks' secrets can't be read/),
  });
  const { findings } = await found({ DescribeServices: () => refusal("AccessDeniedException") });
  expect(findings).toEqual([
    expect.objectContaining({ status: "failure", message: expect.stringMatching(/^ECS can't report/) }),
  ]);
});
