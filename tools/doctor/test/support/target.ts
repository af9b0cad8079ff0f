import { readStage } from "../../../../infra/stage.ts";
import { committedDefaults, WITHOUT_ENV_FILES } from "../../../environment/env-files.ts";
import type { Check } from "../../src/check.ts";
import type { Finding } from "../../src/finding.ts";
import { clientLimits } from "../../src/outside.ts";
import type { Target } from "../../src/target.ts";

const REGION = "us-east-1";
const ACCOUNT = "111122223333";

/** Values of the right shape that open nothing. */
export const SECRETS = {
  SupabaseUrl: "https://abcdefgh.supabase.co",
  SupabaseAnonKey: "sb_publishable_doctor",
  SupabaseServiceRoleKey: "sb_secret_doctor_0123456789abcdef",
  DatabaseUrl:
    "postgresql://u:pass-w0rd@pooler.example.com:5432/postgres?uselibpqcompat=true&sslmode=require",
  GithubBotToken: "github_pat_doctor0123456789abcdef",
  FlyApiToken: "none",
  ClaudeOauthToken: "sk-ant-oat01-doctor0123456789abcdef",
};

/** Settings of a stage: the committed defaults and these. */
export const stageWith = (settings: Record<string, string> = {}) =>
  readStage("prod", {
    ...WITHOUT_ENV_FILES,
    ...committedDefaults(),
    ...settings,
  });

/** A stage that is deployed; AWS is at `endpoint`. */
export const targetWith = (changes: Partial<Target> = {}, endpoint = "http://127.0.0.1:9"): Target => ({
  name: "stage prod",
  env: {},
  aws: {
    ...clientLimits(REGION),
    maxAttempts: 1,
    endpoint,
    credentials: { accessKeyId: "LEOTEST", secretAccessKey: "local" },
  },
  s3ForcePathStyle: true,
  identity: { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ada` },
  stage: stageWith(),
  secrets: SECRETS,
  isUp: true,
  modelUrl: endpoint,
  githubUrl: endpoint,
  clockUrl: endpoint,
  dataDir: "",
  port: 0,
  ...changes,
});

/** What a check finds, as `status: message`. */
export const told = async (check: Check, target: Target): Promise<string[]> => {
  const findings: Finding[] = await check.run(target, AbortSignal.timeout(20_000));
  return findings.map(({ status, message }) => `${status}: ${message}`);
};
