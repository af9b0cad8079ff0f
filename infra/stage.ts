/** A stage and its settings. `names.ts` derives resource names from the stage. */
import { z } from "zod";
import { ConfigError, parseConfig } from "@leo/core/config.ts";
import { envFileProblems, type Environment, layeredEnvironment } from "../tools/environment/env-files.ts";
import { networkSettings } from "@leo/core/network-settings.ts";
import { DEFAULT_REGION } from "./names.ts";
import { CheckedSettings, Limits } from "./settings.ts";

/**
 * A stage's name becomes part of other names: `saas…` would turn the generator's `leo-{stage}` into another
 * stage's `leo-saas-app`; repository names can't end with a dash or contain two in a row; S3 reserves
 * `-s3alias`.
 */
const StageName = z
  .string()
  .regex(
    /^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "is not 1 to 20 lower-case letters, digits and single dashes, starting with a letter and not ending with a dash",
  )
  .refine(
    (name) => !name.startsWith("saas"),
    'must not start with "saas", which another stage\'s names start with',
  )
  .refine((name) => !/(^|-)s3alias$/.test(name), 'must not end with "s3alias", which S3 reserves');

/** AWS, and the address where ECS tells a task about itself. */
const NEVER_PROXIED = ".amazonaws.com,169.254.169.254,169.254.170.2";

const Named = z.object({ "the stage's name": StageName });

/**
 * Reads a stage's settings from the environment and the `.env` files.
 * @throws ConfigError with one line for each setting that is missing or wrong
 */
export const readStage = (name: string, env: Environment = process.env) => {
  parseConfig(Named, { "the stage's name": name });
  const unreadable = envFileProblems(name, env);
  if (unreadable.length > 0)
    throw new ConfigError(`These settings cannot be read:\n  ${unreadable.join("\n  ")}`);
  const settings = parseConfig(CheckedSettings, layeredEnvironment(name, env));
  return {
    name,
    isProd: name === "prod",
    region: settings.LEO_REGION,
    architecture: settings.LEO_ARCHITECTURE,
    domain: settings.LEO_DOMAIN,
    /** Each preview is a host under it; without a domain, previews are under a path. */
    previewDomain: settings.LEO_PREVIEW_DOMAIN ?? (settings.LEO_DOMAIN && `preview.${settings.LEO_DOMAIN}`),
    certificateArn: settings.LEO_CERTIFICATE_ARN,
    allowlist: settings.LEO_ALLOWLIST,
    /** Tag of images built here; the git commit if unset. */
    imageTag: settings.LEO_IMAGE_TAG,
    scaling: settings.LEO_ORCHESTRATORS,
    /** Per orchestrator. */
    databaseConnections: settings.LEO_DATABASE_CONNECTIONS,
    orchestrator: {
      image: settings.LEO_ORCHESTRATOR_IMAGE,
      vcpu: settings.LEO_ORCHESTRATOR_VCPU,
      memoryGb: settings.LEO_ORCHESTRATOR_MEMORY_GB,
    },
    generator: {
      image: settings.LEO_GENERATOR_IMAGE,
      vcpu: settings.LEO_GENERATOR_VCPU,
      memoryGb: settings.LEO_GENERATOR_MEMORY_GB,
      storageGib: settings.LEO_GENERATOR_STORAGE_GIB,
      /** The generator's default if unset. */
      model: settings.LEO_MODEL,
      /** Which Messages API to use; Anthropic's if unset. */
      modelBaseUrl: settings.LEO_MODEL_BASE_URL?.replace(/\/$/, ""),
    },
    /** How all containers reach the internet. AWS itself is never behind the proxy. */
    network: networkSettings({
      HTTPS_PROXY: settings.LEO_HTTPS_PROXY,
      NO_PROXY: [settings.LEO_NO_PROXY, NEVER_PROXIED].filter(Boolean).join(","),
    }),
    vcpuBudget: settings.LEO_VCPU_BUDGET,
    limits: Limits.parse(settings),
    retentionDays: settings.LEO_RETENTION_DAYS,
    recordsRetentionDays: settings.LEO_RECORDS_RETENTION_DAYS,
    githubOrganization: settings.LEO_GITHUB_ORGANIZATION,
    alarmEmail: settings.LEO_ALARM_EMAIL,
    bucketAlarmBytes: settings.LEO_BUCKET_ALARM_GB * 1e9,
    monthlyBudgetUsd: settings.LEO_MONTHLY_BUDGET_USD,
    exec: settings.LEO_EXEC,
    /** What this stage adopts from an earlier stack. */
    adopt: settings.LEO_ADOPT ?? [],
  };
};
export type Stage = ReturnType<typeof readStage>;

/**
 * What SST needs before it runs anything. SST swallows errors at that point, so `run()` reads the settings
 * again and reports what's wrong.
 */
export const readRegion = (name: string, env: Environment = process.env) =>
  (layeredEnvironment(name, env).LEO_REGION || DEFAULT_REGION) as typeof DEFAULT_REGION;
