/** What would fail half-way through a deploy, one sentence each. */
import { isSameSite } from "./same-site.ts";
import { tasksDuringDeploy } from "./scaling.ts";
import { SECRET_NAMES } from "./secret-list.ts";
import type { Stage } from "./stage.ts";

export const FARGATE_VCPU_QUOTA = { serviceCode: "fargate", quotaCode: "L-3032A538" };

/** What the checks look at. */
export interface Circumstances {
  /** Where SST hands over the secrets, as `SST_SECRET_{name}`. */
  env: Record<string, string | undefined>;
  /** Fargate On-Demand vCPUs that the account may use in the Region. */
  vcpuQuota: number;
  dockerAnswers: boolean;
}

/** Values of `sslmode` with which `pg` always encrypts. */
const ENCRYPTED = new Set(["require", "verify-ca", "verify-full", "no-verify"]);

/** What is wrong with something, and what to do about it. */
export interface Problem {
  what: string;
  advice: string;
}

/** Why a stage cannot use this database URL; the URL itself is never repeated. */
export const databaseUrlProblem = (text: string): Problem | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    return {
      what: "is not a URL such as postgresql://user:password@host:5432/postgres",
      advice: "copy it from the Supabase project's Connect dialog",
    };
  }
  if (url.port === "6543") {
    return {
      what: "is the transaction pooler (port 6543), which drops LISTEN and advisory locks",
      advice: "use the session pooler (port 5432)",
    };
  }
  if (/^db\.[a-z]+\.supabase\.co$/.test(url.hostname)) {
    return {
      what: "is Supabase's direct host, which has IPv6 only",
      advice: "use the session pooler (port 5432)",
    };
  }
  if (!ENCRYPTED.has(url.searchParams.get("sslmode") ?? "")) {
    return {
      what: "asks for no encryption, and the way to the database is the internet",
      advice: "end it with ?uselibpqcompat=true&sslmode=require",
    };
  }
  return undefined;
};

const databaseProblems = (text: string): string[] => {
  const problem = databaseUrlProblem(text);
  return problem ? [`The secret DatabaseUrl ${problem.what}; ${problem.advice}.`] : [];
};

/** HS256 needs a key as long as its hash; the orchestrator refuses a shorter one. */
export const JWT_SECRET_CHARS_MIN = 32;

const jwtSecretProblems = (secret: string): string[] =>
  secret === "" || secret.length >= JWT_SECRET_CHARS_MIN
    ? []
    : [
        `The secret SupabaseJwtSecret is shorter than ${JWT_SECRET_CHARS_MIN} characters; copy the project's legacy JWT secret whole, or remove it.`,
      ];

const secretProblems = (stage: Stage, env: Circumstances["env"]): string[] => {
  const missing = SECRET_NAMES.filter((name) => !env[`SST_SECRET_${name}`]);
  if (missing.length === 0) {
    return [
      ...databaseProblems(env.SST_SECRET_DatabaseUrl ?? ""),
      ...jwtSecretProblems(env.SST_SECRET_SupabaseJwtSecret ?? ""),
    ];
  }
  return [
    `These secrets are not set: ${missing.join(", ")}; set each with \`npx sst secret set NAME VALUE --stage ${stage.name}\`.`,
  ];
};

/** The orchestrators during a rolling deploy, and all generators of the budget. */
export const neededVcpus = ({ orchestrator, scaling, vcpuBudget }: Stage) =>
  tasksDuringDeploy(scaling) * orchestrator.vcpu + vcpuBudget;

/** Whether the stage fits into the account's quota. */
export const quotaProblem = (stage: Stage, vcpuQuota: number): Problem | undefined => {
  const needed = neededVcpus(stage);
  if (vcpuQuota >= needed) return undefined;
  return {
    what: `Region ${stage.region} allows this account ${vcpuQuota} Fargate vCPUs, but the stage needs ${needed}`,
    advice: `ask for more of quota ${FARGATE_VCPU_QUOTA.quotaCode} in Service Quotas, or lower ${stage.scaling.max > 1 ? "LEO_ORCHESTRATORS or " : ""}LEO_VCPU_BUDGET`,
  };
};

const quotaProblems = (stage: Stage, vcpuQuota: number): string[] => {
  const problem = quotaProblem(stage, vcpuQuota);
  return problem ? [`${problem.what}: ${problem.advice}.`] : [];
};

const imageProblems = ({ orchestrator, generator }: Stage, dockerAnswers: boolean): string[] => {
  if (dockerAnswers || (orchestrator.image && generator.image)) return [];
  return [
    "Docker does not answer, so the images cannot be built: start it, or set LEO_ORCHESTRATOR_IMAGE and LEO_GENERATOR_IMAGE to images made elsewhere.",
  ];
};

/** Everything that stands in the way of a deploy. */
export const deployProblems = (stage: Stage, { env, vcpuQuota, dockerAnswers }: Circumstances): string[] => [
  ...secretProblems(stage, env),
  ...imageProblems(stage, dockerAnswers),
  ...quotaProblems(stage, vcpuQuota),
];

/** `sst dev` builds no image and runs no task: only the secrets matter. */
export const devProblems = (stage: Stage, env: Circumstances["env"]): string[] => secretProblems(stage, env);

/** Why previews can reach a stage's own site, if they can. */
export const previewProblem = ({ domain, previewDomain }: Stage): Problem | undefined => {
  if (!domain || !previewDomain || !isSameSite(domain, previewDomain)) return undefined;
  return {
    what: `LEO_PREVIEW_DOMAIN is not set: previews at *.${previewDomain} share the site of ${domain}, and a hostile app can set so many cookies for it that a browser's requests to Leo are refused`,
    advice: "set it to a registered domain of its own",
  };
};

const previewWarnings = (stage: Stage): string[] => {
  const problem = previewProblem(stage);
  return problem ? [`${problem.what}; ${problem.advice}.`] : [];
};

/** What a person should know, and may want. */
export const deployWarnings = (stage: Stage): string[] => [
  ...(stage.domain
    ? []
    : ["LEO_DOMAIN is not set: the site is plain HTTP, so passwords and tokens cross the network readable."]),
  ...previewWarnings(stage),
  ...(stage.allowlist.includes("0.0.0.0/0")
    ? ["LEO_ALLOWLIST is 0.0.0.0/0: everybody can open the site."]
    : []),
];
