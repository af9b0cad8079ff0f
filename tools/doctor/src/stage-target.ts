import { globalNamesFor, namesFor } from "../../../infra/names.ts";
import { readStage } from "../../../infra/stage.ts";
import { failure, type Finding } from "./finding.ts";
import { readIdentity } from "./checks/credentials.ts";
import { readDeployment } from "./deployment.ts";
import { reasonOf } from "@leo/core/explain.ts";
import { clientLimits, outside } from "./outside.ts";
import { readSstSecrets } from "./sst-secrets.ts";
import type { Target } from "./target.ts";

/** Two of these in turn, then the checks: together under 30 s. */
const ASK_MS = 8_000;

export interface StageOptions {
  /** Replaces the project's `sst`. */
  sstCommand?: string;
  tls?: Partial<NonNullable<Target["tls"]>>;
}

export interface FoundStage {
  target: Target;
  /** Findings that belong to no check. */
  findings: Finding[];
}

/**
 * A stage on AWS: its settings, the credentials' owner, what is deployed and what will be.
 * @throws ConfigError for wrong settings
 */
export const stageTarget = async (
  name: string,
  env: NodeJS.ProcessEnv,
  { sstCommand, tls }: StageOptions = {},
): Promise<FoundStage> => {
  const stage = readStage(name, env);
  const names = namesFor(name);
  const aws = clientLimits(stage.region);
  const who = await readIdentity(aws, AbortSignal.timeout(ASK_MS));
  const target: Target = {
    name: `stage ${name} in ${stage.region}`,
    env,
    ...outside(env, stage.region),
    ...(stage.generator.modelBaseUrl && {
      modelUrl: stage.generator.modelBaseUrl,
      modelEndpoint: new URL(stage.generator.modelBaseUrl).host,
    }),
    aws,
    s3ForcePathStyle: env.LEO_S3_FORCE_PATH_STYLE === "true",
    ...who,
    stage,
    secrets: {},
    isUp: false,
    queue: { name: names.taskEvents, deadName: names.deadTaskEvents },
    ...(stage.domain &&
      stage.previewDomain && {
        tls: { host: stage.domain, previewDomain: stage.previewDomain, port: 443, ...tls },
      }),
    dataDir: "",
    port: 0,
  };
  if (!who.identity) return { target, findings: [] };

  const [secrets, deployment] = await Promise.all([
    readSstSecrets(name, { env, timeoutMs: ASK_MS, command: sstCommand }),
    readDeployment(aws, names, AbortSignal.timeout(ASK_MS)).catch((error: unknown) =>
      failure(`ECS can't report what is deployed: ${reasonOf(error)}`, "Allow ecs:DescribeServices."),
    ),
  ]);
  const isProblem = "status" in deployment;
  return {
    target: {
      ...target,
      ...secrets,
      bucket: globalNamesFor(name, stage.region).bucket(who.identity.account),
      ...(isProblem ? { isUpUnknown: true } : deployment),
    },
    findings: isProblem ? [deployment] : [],
  };
};
