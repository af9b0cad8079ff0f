import { z } from "zod";
import { AUDIT_DAYS_MIN } from "@leo/core/admin.ts";
import { parseConfig } from "@leo/core/config.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { GithubLogin } from "@leo/core/github.ts";
import { timings } from "./timeouts.ts";

const list = z.string().transform((text) => text.split(",").filter(Boolean));
const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const number = z.coerce.number();

/** Port 6543 is Supabase's transaction pooler: it drops LISTEN and advisory locks. */
const DatabaseUrl = z.url({ protocol: /^postgres(ql)?$/ }).refine(
  // What is no URL at all is told by the check before.
  (url) => !URL.canParse(url) || new URL(url).port !== "6543",
  "is the transaction pooler (port 6543); use the session pooler (port 5432), Leo needs LISTEN and advisory locks",
);

const Environment = z.object({
  PORT: number.int().min(0).max(65_535).default(5013),
  /** Takes generators' sockets and nothing else; no load balancer leads there. */
  LEO_GENERATOR_PORT: number.int().min(0).max(65_535).default(5014),
  LEO_LISTEN_HOST: z.string().default("0.0.0.0"),
  /** Connections at once, sockets included; more are refused. 1,000 generators, 5,000 browsers, and room. */
  LEO_CONNECTIONS_MAX: number.int().min(1).default(20_000),
  LEO_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  /** Shown to the browser; decides nothing in the orchestrator. */
  LEO_MODE: z.enum(["local", "aws"]).default("aws"),
  LEO_MODEL_IS_MOCK: flag.default(false),
  /** Host of an endpoint in place of Anthropic's own, for people to see. */
  LEO_MODEL_ENDPOINT: z.string().min(1).optional(),
  /** Origin of the web UI. */
  LEO_PUBLIC_URL: z.url(),
  /** `{generationId}` stands for the id: a host of its own, or a path on the same host. */
  LEO_PREVIEW_URL_TEMPLATE: z
    .string()
    .refine((url) => url.includes("{generationId}"), "lacks {generationId}"),
  /** Where generators reach `/ws/generator`. */
  LEO_GENERATOR_URL: z.url({ protocol: /^wss?$/ }),
  DATABASE_URL: DatabaseUrl,
  /** Database connections of this process, the one that listens included; `infra/connections.ts` has the sum. */
  LEO_DATABASE_CONNECTIONS: number.int().min(2).default(5),
  SUPABASE_URL: z.url(),
  SUPABASE_ANON_KEY: z.string().min(1),
  /** The legacy secret of a project that still signs with HS256. Absent: only its published keys count. */
  SUPABASE_JWT_SECRET: z.string().min(32, "is shorter than 32 characters").optional(),
  /** Pushes versions to GitHub. Absent, empty or `none`: nothing is pushed. */
  GITHUB_BOT_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]*$/, "has spaces or characters that no token has")
    .optional()
    .transform((token) => (token === "none" || token === "" ? undefined : token)),
  LEO_GITHUB_API_URL: z.url({ protocol: /^https?$/ }).default("https://api.github.com"),
  LEO_GITHUB_GIT_URL: z.url({ protocol: /^https?$/ }).default("https://github.com"),
  /** Owns the repositories; absent: the token's own account does. */
  LEO_GITHUB_ORGANIZATION: GithubLogin.optional(),
  AWS_REGION: z.string().min(1),
  LEO_BUCKET: z.string().min(3),
  LEO_S3_FORCE_PATH_STYLE: flag.default(false),
  LEO_CLUSTER: z.string().min(1),
  /** Where an operator reads a generator's log; `{taskId}` stands for the task's id. */
  LEO_TASK_LOG_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => url.includes("{taskId}"), "lacks {taskId}")
    .optional(),
  LEO_GENERATOR_FAMILY: z.string().min(1).default("leo"),
  LEO_GENERATOR_SUBNETS: list,
  LEO_GENERATOR_SECURITY_GROUPS: list,
  /** In order of preference; each is asked in a call of its own. After a Spot interruption: FARGATE. */
  LEO_CAPACITY_PROVIDERS: list
    .pipe(z.array(z.enum(["FARGATE", "FARGATE_SPOT"], "is neither FARGATE nor FARGATE_SPOT")).min(1))
    .prefault("FARGATE"),
  /** Absent: only the reconcile pass sees how tasks end. */
  LEO_TASK_EVENTS_QUEUE_URL: z.url().optional(),
  LEO_GENERATOR_VCPU: number.positive().default(4),
  LEO_GENERATOR_MEMORY_MIB: number.int().positive().default(8192),
  /** vCPUs that generators may use at once in this account. */
  LEO_VCPU_BUDGET: number.positive().default(4),
  LEO_RUNNING_PER_USER: number.int().min(1).default(3),
  LEO_QUEUED_PER_USER: number.int().min(1).default(20),
  LEO_GENERATIONS_PER_DAY: number.int().min(1).default(100),
  /** What one run may spend on the model. */
  LEO_GENERATION_BUDGET_USD: number.positive().default(5),
  /** What one user may spend between two midnights UTC, and all users together. */
  LEO_USER_DAY_BUDGET_USD: number.positive().default(100),
  LEO_PLATFORM_DAY_BUDGET_USD: number.positive().default(500),
  /** How often a day a user does not pay for an attempt that cost something, because the platform or the model failed. */
  LEO_FREE_ATTEMPTS_PER_DAY: number.int().min(0).default(5),
  /**
   * How many proxies of ours stand before `PORT`, each of which appends to `X-Forwarded-For`; the load balancer is one.
   * None stands before `LEO_GENERATOR_PORT`, where the header counts for nothing.
   */
  LEO_TRUSTED_PROXIES: number.int().min(0).max(5).default(0),
  /** Over all orchestrators together, but for what comes within a beat (`peers/peers.ts`). */
  LEO_REQUESTS_PER_MINUTE_USER: number.int().min(1).default(600),
  LEO_REQUESTS_PER_MINUTE_ADDRESS: number.int().min(1).default(1_200),
  /** An address that has sent as many tokens which are not valid is not answered for a while. */
  LEO_REFUSED_SIGN_INS_PER_MINUTE: number.int().min(1).default(30),
  LEO_SOCKETS_PER_USER: number.int().min(1).default(20),
  /** What one generation may write: events, and bytes of their bodies. Past it the run ends as `output_too_large`. */
  LEO_RUN_MAX_EVENTS: number.int().min(1).default(LIMITS.runMaxEvents),
  LEO_RUN_MAX_EVENT_BYTES: number.int().min(1).default(LIMITS.runMaxEventBytes),
  /** What one attempt may upload: objects, and their bytes. */
  LEO_RUN_MAX_OBJECTS: number.int().min(1).default(LIMITS.runMaxObjects),
  LEO_RUN_MAX_UPLOAD_BYTES: number.int().min(1).default(LIMITS.runMaxUploadBytes),
  LEO_MAX_TURNS: number.int().positive().default(100),
  LEO_DEADLINE_MS: number.int().positive().max(LIMITS.deadlineMs).default(LIMITS.deadlineMs),
  LEO_RETENTION_DAYS: number.int().positive().default(30),
  /** How long it stays on record what operators changed and which orphans were found. */
  LEO_RECORDS_RETENTION_DAYS: number.int().min(AUDIT_DAYS_MIN).default(365),
  /** Traces are sent there by OTLP over HTTP. Absent: none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Metrics are also written to stdout, once a minute, for CloudWatch, under this name. Absent: they are not. */
  LEO_CLOUD_METRICS_APP: z.string().min(1).optional(),
  ...timings,
});

export type Config = z.infer<typeof Environment>;

/** The orchestrator's settings. Throws ConfigError naming every variable that is missing or wrong. */
export const readConfig = (env: Record<string, string | undefined>): Config => parseConfig(Environment, env);
