/** What would fail half-way through a deploy is refused before anything is created, a sentence each. */
import { execFileSync } from "node:child_process";
import { SECRET_NAMES } from "./secret-list.ts";
import { readStage, type Stage } from "./stage.ts";

/** SST prints the message of an error of this name, and the stack of any other. */
class VisibleError extends Error {
  override name = "VisibleError";
}

const FARGATE_VCPU_QUOTA = { serviceCode: "fargate", quotaCode: "L-3032A538" };

const secretProblems = (stage: Stage, env: Record<string, string | undefined>): string[] => {
  const missing = SECRET_NAMES.filter((name) => !env[`SST_SECRET_${name}`]);
  if (missing.length > 0) {
    return [
      `These secrets are not set: ${missing.join(", ")}; set each with \`npx sst secret set NAME VALUE --stage ${stage.name}\`.`,
    ];
  }
  return databaseProblems(env.SST_SECRET_DatabaseUrl ?? "");
};

const databaseProblems = (text: string): string[] => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    return ["The secret DatabaseUrl is not a URL such as postgresql://user:password@host:5432/postgres."];
  }
  if (url.port === "6543") {
    return [
      "The secret DatabaseUrl is the transaction pooler (port 6543), which drops LISTEN and advisory locks; use the session pooler (port 5432).",
    ];
  }
  if (/^db\.[a-z]+\.supabase\.co$/.test(url.hostname)) {
    return [
      "The secret DatabaseUrl is Supabase's direct host, which has IPv6 only; use the session pooler (port 5432).",
    ];
  }
  return [];
};

/** The orchestrator, a second one during a rolling deploy, and all generators of the budget. */
export const neededVcpus = ({ orchestrator, vcpuBudget }: Stage) => 2 * orchestrator.vcpu + vcpuBudget;

const quotaProblems = async (stage: Stage): Promise<string[]> => {
  const quota = await aws.servicequotas.getServiceQuota(FARGATE_VCPU_QUOTA);
  const needed = neededVcpus(stage);
  if (quota.value >= needed) return [];
  return [
    `Region ${stage.region} allows this account ${quota.value} Fargate vCPUs, but the stage needs ${needed}: ask for more of quota ${FARGATE_VCPU_QUOTA.quotaCode} in Service Quotas, or lower LEO_VCPU_BUDGET.`,
  ];
};

const dockerRuns = () => {
  try {
    execFileSync("docker", ["info"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
};

const imageProblems = ({ orchestrator, generator }: Stage): string[] =>
  (orchestrator.image && generator.image) || dockerRuns()
    ? []
    : [
        "Docker does not answer, so the images cannot be built: start it, or set LEO_ORCHESTRATOR_IMAGE and LEO_GENERATOR_IMAGE to images made elsewhere.",
      ];

const warnings = ({ domain, allowlist }: Stage): string[] => [
  ...(domain
    ? []
    : ["LEO_DOMAIN is not set: the site is plain HTTP, so passwords and tokens cross the network readable."]),
  ...(allowlist.includes("0.0.0.0/0") ? ["LEO_ALLOWLIST is 0.0.0.0/0: everybody can open the site."] : []),
];

/** @throws VisibleError with every problem, one sentence each, before any resource is registered */
export const preflight = async () => {
  const stage = readVisibly();
  const problems = [
    ...secretProblems(stage, process.env),
    ...($dev ? [] : imageProblems(stage)),
    ...($dev ? [] : await quotaProblems(stage)),
  ];
  if (problems.length > 0) throw new VisibleError(problems.join("\n"));
  if (!$dev) for (const warning of warnings(stage)) console.warn(`Warning: ${warning}`);
};

const readVisibly = (): Stage => {
  try {
    return readStage($app.stage);
  } catch (error) {
    throw new VisibleError((error as Error).message);
  }
};
