import { startAws } from "@leo/local/aws.ts";
import { withEcs } from "@leo/local/testing/ecs.ts";
import { expect, vi } from "vitest";
import { shared } from "@leo/local/testing/shared.ts";
import { Cloud, CLOUD_VARIABLE } from "../../cloud.ts";
import { DIFFERENCES } from "../../differences.ts";

/** Ends when it is told to, as a generator that is stopped. */
const untilTerminated = async (_: unknown, signal: AbortSignal): Promise<number> => {
  const { promise, resolve } = Promise.withResolvers<number>();
  signal.addEventListener("abort", () => resolve(0));
  return promise;
};

/** What `npm start` and the tests of the orchestrator have in place of AWS. */
const withLocal = (run: (cloud: Cloud) => Promise<void>): Promise<void> =>
  withEcs(
    { cluster: "leo-saas", functions: { leo: untilTerminated, sandbox: untilTerminated } },
    async (ecs) => {
      const aws = await startAws();
      const bucket = "leo-saas-generated-apps-000000000000";
      aws.createBucket(bucket);
      const containers = ["leo", "sandbox"].map((name) => ({ name, command: [name] }));
      for (const family of ["leo", "leo-ada"]) {
        ecs.register({ family, cpu: 4096, memoryMib: 8192, containers });
      }
      try {
        await run({
          name: "local",
          env: { ...aws.env, ...ecs.env },
          account: "000000000000",
          cluster: ecs.cluster,
          family: "leo",
          subnets: ["subnet-1", "subnet-2"],
          securityGroups: ["sg-1"],
          bucket,
          queueUrl: aws.createQueue("leo-saas-task-events"),
        });
      } finally {
        await aws.stop();
      }
    },
  );

const given = process.env[CLOUD_VARIABLE];
/** The emulator with a stage in it; only `npm run prove:aws` starts one. */
const MOTO: Cloud | undefined = given === undefined ? undefined : Cloud.parse(JSON.parse(given));

const ENDPOINTS = ["", "_ECS", "_S3", "_SQS", "_STS", "_SECRETS_MANAGER", "_SERVICE_QUOTAS"];

/** Points this process's AWS clients at a cloud until the test ends. */
const enter = ({ env }: Cloud): void => {
  for (const service of ENDPOINTS) vi.stubEnv(`AWS_ENDPOINT_URL${service}`, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
};

/** Runs a test's body with the cloud of its block. Where the emulator is known to differ, it must fail. */
export type Within = (body: (cloud: Cloud) => Promise<void>) => Promise<void>;

const titleOfTest = () => expect.getState().currentTestName?.split(" > ").at(-1) ?? "";

const within =
  (cloudOf: () => Cloud): Within =>
  async (body) => {
    const cloud = cloudOf();
    const difference = cloud.name === "moto" ? DIFFERENCES[titleOfTest()] : undefined;
    enter(cloud);
    try {
      const run = body(cloud);
      if (!difference) return await run;
      await expect(run, `moto no longer ${difference.moto}`).rejects.toBeDefined();
    } finally {
      vi.unstubAllEnvs();
    }
  };

interface Place {
  name: string;
  /** To be called in a `describe` block: what its tests run in. */
  open: () => Within;
}

const LOCAL: Place = { name: "local endpoints", open: () => within(shared(withLocal)) };

/** The emulator, if it runs: for what the local endpoints do not have. */
export const EMULATOR: Place[] = MOTO ? [{ name: "moto", open: () => within(() => MOTO) }] : [];

/** Every AWS that the same tests are run against. */
export const CLOUDS: Place[] = [LOCAL, ...EMULATOR];
