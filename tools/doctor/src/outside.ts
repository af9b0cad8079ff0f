import type { AwsConfig, Target } from "./target.ts";

/** So that checks end in time if AWS can't be reached. */
export const clientLimits = (region: string): AwsConfig => ({
  region,
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 2_500, requestTimeout: 5_000 },
});

/** Addresses that are the same for everyone unless the environment overrides them. */
export const outside = (
  env: NodeJS.ProcessEnv,
  region: string,
): Pick<Target, "modelUrl" | "githubUrl" | "clockUrl"> => ({
  modelUrl: env.LEO_UPSTREAM_URL || "https://api.anthropic.com",
  githubUrl: env.LEO_GITHUB_API_URL || "https://api.github.com",
  clockUrl: env.LEO_DOCTOR_CLOCK_URL || `https://sts.${region}.amazonaws.com`,
});
