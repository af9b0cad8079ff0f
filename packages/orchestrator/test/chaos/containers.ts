import { S3Client } from "@aws-sdk/client-s3";
import type { ContainerFunction } from "@leo/local/ecs/function-containers.ts";
import type { TestBucket } from "@leo/local/testing/bucket.ts";
import { PRESETS, type ScriptInput } from "@leo/mock/scripted-generator/script.ts";
import { runScriptedGenerator } from "@leo/mock/scripted-generator/run.ts";

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

/** Enough to outlast an outage of the bucket. */
const S3_ATTEMPTS = 30;

/**
 * The agent's container: a scripted generator that plays what its prompt asks for, or the next of
 * `scripts` where something goes wrong before it has its prompt.
 */
const agent =
  (bucket: TestBucket, s3Endpoint: string, scripts: ScriptInput[]): ContainerFunction =>
  async ({ environment }, signal) => {
    const { credentials, ...clientConfig } = bucket.clientConfig;
    const accessKeyId = bucket.generatorEnv["AWS_ACCESS_KEY_ID"] ?? "";
    const s3 = new S3Client({
      ...clientConfig,
      endpoint: s3Endpoint,
      credentials: { ...credentials, accessKeyId },
      maxAttempts: S3_ATTEMPTS,
    });
    const script = scripts.shift();
    const generator = runScriptedGenerator({
      url: environment["LEO_GENERATOR_URL"] ?? "",
      token: environment["LEO_ATTEMPT_TOKEN"] ?? "",
      script: script ?? { ...PRESETS.happy, backoffMaxMs: 500 },
      obeyPrompt: script === undefined,
      s3,
    });
    void untilAborted(signal).then(() => generator.stop());
    try {
      return (await generator.outcome).exitCode;
    } finally {
      s3.destroy();
    }
  };

const sandbox: ContainerFunction = async (_spec, signal) => {
  await untilAborted(signal);
  return 0;
};

export const containerFunctions = (bucket: TestBucket, s3Endpoint: string, scripts: ScriptInput[]) => ({
  leo: agent(bucket, s3Endpoint, scripts),
  sandbox,
});
