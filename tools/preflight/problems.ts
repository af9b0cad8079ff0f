/** What would fail half-way through a deploy, one sentence each. */
import { isSameSite } from "../../infra/same-site.ts";
import { tasksDuringDeploy } from "../../infra/scaling.ts";
import { type AnySecretName, SECRET_NAMES, usableModelCredentials } from "../../infra/secret-list.ts";
import type { Stage } from "../../infra/stage.ts";

export const FARGATE_VCPU_QUOTA = { serviceCode: "fargate", quotaCode: "L-3032A538" };

/** Values of `sslmode` with which `pg` always encrypts. */
const ENCRYPTED = new Set(["require", "verify-ca", "verify-full", "no-verify"]);

/** What is wrong with something, and what to do about it. */
export interface Problem {
  what: string;
  advice: string;
}

/** What shows that a URL is a transaction pooler's, if it is. */
const transactionPooler = ({
  port,
  searchParams,
}: Pick<URL, "port" | "searchParams">): string | undefined => {
  // `pg` lets the query overrule the rest of the URL.
  if (port === "6543" || searchParams.get("port") === "6543") return "port 6543";
  const flag = [...searchParams].find(
    ([name, value]) => name.toLowerCase() === "pgbouncer" && /^(true|1|yes|on)$/i.test(value),
  );
  return flag && `${flag[0]}=${flag[1]}`;
};

/** Hosts that have no IPv4 address. A name may end in a dot. */
const isDirectHost = (hostname: string) =>
  /^db\.[a-z0-9]+\.supabase\.(co|com|net|red)\.?$/i.test(hostname) || hostname.startsWith("[");

/** Why a stage cannot use this database URL; the URL itself is never repeated. */
export const databaseUrlProblem = (text: string): Problem | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    return {
      what: "is not a URL such as postgresql://user:password@host:5432/postgres",
      advice: "copy it from the Supabase project's Connect dialog",
    };
  }
  const pooler = transactionPooler(url);
  if (pooler) {
    return {
      what: `is the transaction pooler (${pooler}), which drops LISTEN and advisory locks`,
      advice: "use the session pooler (port 5432)",
    };
  }
  if (isDirectHost(url.hostname)) {
    return {
      what: "is Supabase's direct host or an IPv6 address, and tasks have IPv4 only",
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
  secret.length >= JWT_SECRET_CHARS_MIN
    ? []
    : [
        `The secret SupabaseJwtSecret is shorter than ${JWT_SECRET_CHARS_MIN} characters; copy the project's legacy JWT secret whole, or remove it.`,
      ];

interface StageWithModel {
  name: string;
  generator?: Pick<Stage["generator"], "modelBaseUrl"> | undefined;
}

/** Why the model cannot be called with these credentials, or not with which one. */
export const modelCredentialProblem = (
  stage: StageWithModel,
  secrets: Partial<Record<AnySecretName, string>>,
): Problem | undefined => {
  const usable = usableModelCredentials(secrets);
  if (stage.generator?.modelBaseUrl && usable.includes("ClaudeOauthToken")) {
    return {
      what: "LEO_MODEL_BASE_URL is set, and a Claude token is sent to api.anthropic.com only",
      advice: "set ClaudeOauthToken to none, and AnthropicApiKey to a key of that address",
    };
  }
  if (usable.length === 1) return undefined;
  if (usable.length === 0) {
    return {
      what: "no credential for the model is set",
      advice: `set ClaudeOauthToken (\`npx sst secret set ClaudeOauthToken VALUE --stage ${stage.name}\`), or set it to none and set AnthropicApiKey`,
    };
  }
  return {
    what: "ClaudeOauthToken and AnthropicApiKey are both set, and Leo calls the model with one of them",
    advice: `set ClaudeOauthToken to none, or run \`npx sst secret remove AnthropicApiKey --stage ${stage.name}\``,
  };
};

const modelCredentialProblems = (
  ...[stage, secrets]: Parameters<typeof modelCredentialProblem>
): string[] => {
  // A Claude token that is missing has been reported among the seven.
  if (!secrets.ClaudeOauthToken) {
    return secrets.AnthropicApiKey ? ["With AnthropicApiKey, set ClaudeOauthToken to none."] : [];
  }
  const problem = modelCredentialProblem(stage, secrets);
  return problem ? [`${problem.what[0]?.toUpperCase()}${problem.what.slice(1)}: ${problem.advice}.`] : [];
};

/** What is wrong with the secrets of a stage. @param secrets by SST's names */
export const secretProblems = (
  stage: StageWithModel,
  secrets: Partial<Record<AnySecretName, string>>,
): string[] => {
  const missing = SECRET_NAMES.filter((name) => !secrets[name]);
  const { DatabaseUrl, SupabaseJwtSecret } = secrets;
  return [
    ...(missing.length > 0
      ? [
          `These secrets are not set: ${missing.join(", ")}; set each with \`npx sst secret set NAME VALUE --stage ${stage.name}\`.`,
        ]
      : []),
    ...(DatabaseUrl ? databaseProblems(DatabaseUrl) : []),
    ...(SupabaseJwtSecret ? jwtSecretProblems(SupabaseJwtSecret) : []),
    ...modelCredentialProblems(stage, secrets),
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
