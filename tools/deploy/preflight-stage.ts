/** The preflight of `sst deploy`, before SST has started anything. */
import { execFileSync } from "node:child_process";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { deployProblems, deployWarnings, FARGATE_VCPU_QUOTA } from "../../infra/preflight-problems.ts";
import { readStage } from "../../infra/stage.ts";
import { readSstSecrets } from "../../packages/doctor/src/sst-secrets.ts";

const SECRETS_MS = 60_000;

const dockerAnswers = () => {
  try {
    execFileSync("docker", ["info"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
};

const readVcpuQuota = async (region: string): Promise<number> => {
  const quotas = new ServiceQuotasClient({ region });
  const { serviceCode: ServiceCode, quotaCode: QuotaCode } = FARGATE_VCPU_QUOTA;
  try {
    const { Quota } = await quotas.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }));
    return Quota?.Value ?? 0;
  } finally {
    quotas.destroy();
  }
};

/**
 * Looks at the stage as the deploy will.
 * @returns what stands in the way, and what a person should know, a sentence each
 * @throws ConfigError for wrong settings, or the reason why AWS or SST cannot be asked
 */
export const preflightStage = async (name: string): Promise<{ problems: string[]; warnings: string[] }> => {
  const stage = readStage(name);
  const vcpuQuota = await readVcpuQuota(stage.region);
  const { secrets, secretsProblem } = await readSstSecrets(name, {
    env: process.env,
    timeoutMs: SECRETS_MS,
    command: process.env.LEO_SST_COMMAND,
  });
  if (secretsProblem) throw new Error(`The stage's secrets: ${secretsProblem.message}.`);
  const env = Object.fromEntries(
    Object.entries(secrets).map(([secret, value]) => [`SST_SECRET_${secret}`, value]),
  );
  const circumstances = { env, vcpuQuota, dockerAnswers: dockerAnswers() };
  return { problems: deployProblems(stage, circumstances), warnings: deployWarnings(stage) };
};
