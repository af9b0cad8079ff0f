/** The doctor: what it says of a stage that is deployed. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { bucketCheck } from "../../doctor/src/checks/bucket.ts";
import { credentialsCheck } from "../../doctor/src/checks/credentials.ts";
import { queueCheck } from "../../doctor/src/checks/queue.ts";
import { quotaCheck } from "../../doctor/src/checks/quota.ts";
import { secretsCheck } from "../../doctor/src/checks/secrets.ts";
import { stageTarget } from "../../doctor/src/stage-target.ts";
import type { Target } from "../../doctor/src/target.ts";
import { clientLimits } from "../../doctor/src/outside.ts";
import { targetWith, told } from "../../doctor/test/support/target.ts";
import { SENTINELS } from "../../plan/graph/run-graph.ts";
import type { Cloud } from "../cloud.ts";
import { CLOUDS, EMULATOR } from "./support/clouds.ts";

const targetOf = ({ env, bucket, queueUrl }: Cloud): Target => ({
  ...targetWith({ bucket, queue: { name: queueUrl.split("/").at(-1) ?? "" } }),
  aws: clientLimits(env.AWS_REGION ?? ""),
});

describe.each(CLOUDS)("the doctor, $name", ({ open }) => {
  const within = open();

  test("uses the bucket and leaves nothing in it", () =>
    within(async (cloud) => {
      expect(await told(bucketCheck, targetOf(cloud))).toEqual([
        `ok: ${cloud.bucket}: list, write, read and delete work`,
      ]);
    }));

  test("says that a bucket or a queue does not exist", () =>
    within(async (cloud) => {
      const target = { ...targetOf(cloud), bucket: "leo-saas-nowhere", queue: { name: "leo-nowhere" } };
      expect(await told(bucketCheck, target)).toEqual(["failure: leo-saas-nowhere doesn't exist"]);
      expect(await told(queueCheck, target)).toEqual(["failure: leo-nowhere doesn't exist"]);
    }));

  test("counts what waits in the queue", () =>
    within(async (cloud) => {
      const [line] = await told(queueCheck, targetOf(cloud));
      expect(line).toMatch(/^ok: leo-saas-task-events: \d+ task events waiting$/);
    }));
});

/** `sst secret list` prints what a deploy would use. */
const withSst = async (run: (sstCommand: string) => Promise<void>) => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-prove-"));
  const lines = Object.entries(SENTINELS).map(([name, value]) => `${name}=${value}`);
  const sstCommand = path.join(folder, "sst");
  await writeFile(path.join(folder, "secrets"), `# leo-saas/prod\n${lines.join("\n")}\n`);
  await writeFile(sstCommand, `#!/bin/sh\ncat "${folder}/secrets"\n`);
  await chmod(sstCommand, 0o755);
  try {
    await run(sstCommand);
  } finally {
    await rm(folder, { recursive: true });
  }
};

describe.each(EMULATOR)("the doctor of a deployed stage, $name", ({ open }) => {
  const within = open();

  test("finds the account, what is deployed, and what the tasks got", () =>
    within((cloud) =>
      withSst(async (sstCommand) => {
        const { target, findings } = await stageTarget("prod", process.env, { sstCommand });
        expect(findings).toEqual([]);
        expect(target).toMatchObject({
          identity: { account: cloud.account },
          isUp: true,
          bucket: cloud.bucket,
          runningSecrets: SENTINELS,
        });
        expect(await told(credentialsCheck, target)).toEqual([
          expect.stringMatching(new RegExp(`^ok: account ${cloud.account}`)),
        ]);
        expect(await told(bucketCheck, target)).toEqual([expect.stringMatching(/^ok/)]);
        expect(await told(queueCheck, target)).toEqual([expect.stringMatching(/^ok/)]);
        const secrets = await told(secretsCheck, target);
        expect(secrets.filter((line) => /another value/.test(line))).toEqual([]);
      }),
    ));

  test("reads the Fargate quota", () =>
    within(async (cloud) => {
      const [line] = await told(quotaCheck, targetOf(cloud));
      expect(line).toMatch(/^(ok|failure): .*\d+ Fargate vCPUs/);
    }));
});
