/** A deployment's settings: names, formats, and how they must fit together. */
import { z } from "zod";
import { AUDIT_DAYS_MIN } from "@leo/core/admin.ts";
import { ADOPTABLE } from "./adoptable.ts";
import { GithubLogin } from "@leo/core/github.ts";
import { PRICED_MODELS, pricedModel } from "../packages/generator/src/gateway/prices.ts";
import { isSameSite } from "./same-site.ts";
import { CONNECTIONS_MIN, Orchestrators, poolerProblem } from "./scaling.ts";

const number = z.coerce.number();
const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const cidrs = z
  .string()
  .transform((text) => text.split(",").map((range) => range.trim()))
  .pipe(
    z.array(
      z.cidrv4({
        error: ({ input }) => `"${String(input)}" is not an IPv4 range such as 203.0.113.0/24`,
      }),
    ),
  );
const domain = z
  .string()
  .regex(
    /^(?=.{4,190}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/,
    "is not a host name such as leo.example.com",
  );
/** An address without secrets, because a task's environment isn't one. */
const address = (protocol: RegExp, example: string) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocol.test(new URL(text).protocol) && !/[@?#]/.test(text),
      `is not an address such as ${example}, without a user, a password or a query`,
    );
const image = z
  .string()
  .regex(/^[\w.-]+(:\d+)?(\/[\w.-]+)+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/, "is not an image reference");

/** Fargate's sizes: vCPU → smallest, largest and step of memory in GB. */
const FARGATE_MEMORY_GB: Record<string, [smallest: number, largest: number, step: number]> = {
  0.5: [1, 4, 1],
  1: [2, 8, 1],
  2: [4, 16, 1],
  4: [8, 30, 1],
  8: [16, 60, 4],
  16: [32, 120, 8],
};
const sizes = Object.keys(FARGATE_MEMORY_GB).join(", ");
const vcpu = number.refine((size) => size in FARGATE_MEMORY_GB, `is not one of Fargate's sizes: ${sizes}`);

const adopt = z
  .string()
  .transform((text) => text.split(",").map((kind) => kind.trim()))
  .pipe(
    z.array(
      z.enum(ADOPTABLE, {
        error: ({ input }) => `"${String(input)}" is not one of ${ADOPTABLE.join(", ")}`,
      }),
    ),
  );

/** Limits per user and per day, which the orchestrator reads under the same names. */
export const Limits = z.object({
  LEO_RUNNING_PER_USER: number.int().min(1),
  LEO_QUEUED_PER_USER: number.int().min(1),
  LEO_GENERATIONS_PER_DAY: number.int().min(1),
  LEO_GENERATION_BUDGET_USD: number.positive(),
  LEO_USER_DAY_BUDGET_USD: number.positive(),
  LEO_PLATFORM_DAY_BUDGET_USD: number.positive(),
  LEO_FREE_ATTEMPTS_PER_DAY: number.int().min(0),
  LEO_RUN_MAX_EVENTS: number.int().min(1),
  LEO_RUN_MAX_EVENT_BYTES: number.int().min(1),
  LEO_RUN_MAX_OBJECTS: number.int().min(1),
  LEO_RUN_MAX_UPLOAD_BYTES: number.int().min(1),
  LEO_REQUESTS_PER_MINUTE_USER: number.int().min(1),
  LEO_REQUESTS_PER_MINUTE_ADDRESS: number.int().min(1),
  LEO_REFUSED_SIGN_INS_PER_MINUTE: number.int().min(1),
  LEO_SOCKETS_PER_USER: number.int().min(1),
});

export const Settings = z.object({
  LEO_REGION: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "is not a Region such as us-east-1"),
  LEO_ARCHITECTURE: z.enum(["arm64", "x86_64"]),
  LEO_DOMAIN: domain.optional(),
  LEO_PREVIEW_DOMAIN: domain.optional(),
  LEO_DNS: z.enum(["route53", "off"]),
  LEO_CERTIFICATE_ARN: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
      "is not the ARN of an ACM certificate",
    )
    .optional(),
  LEO_ALLOWLIST: cidrs,
  LEO_ORCHESTRATOR_IMAGE: image.optional(),
  LEO_GENERATOR_IMAGE: image.optional(),
  LEO_IMAGE_TAG: z
    .string()
    .regex(/^[\w][\w.-]{0,127}$/, "is not an image tag")
    .optional(),
  LEO_ORCHESTRATORS: Orchestrators,
  LEO_DATABASE_CONNECTIONS: number.int().min(CONNECTIONS_MIN),
  LEO_DATABASE_POOLER_SIZE: number.int().min(CONNECTIONS_MIN),
  LEO_ORCHESTRATOR_VCPU: vcpu,
  LEO_ORCHESTRATOR_MEMORY_GB: number,
  LEO_GENERATOR_VCPU: vcpu,
  LEO_GENERATOR_MEMORY_GB: number,
  LEO_GENERATOR_STORAGE_GIB: number.int().min(21).max(200),
  LEO_VCPU_BUDGET: number.positive(),
  LEO_MODEL: z
    .string()
    .refine(
      (model) => pricedModel(model) !== undefined,
      `is not a model whose price Leo knows: ${PRICED_MODELS.join(", ")}`,
    )
    .optional(),
  LEO_MODEL_BASE_URL: address(/^https:$/, "https://llm.example.com").optional(),
  LEO_HTTPS_PROXY: address(/^https?:$/, "http://proxy.example.com:3128").optional(),
  LEO_NO_PROXY: z
    .string()
    .regex(/^[\w.:*/-]+(,[\w.:*/-]+)*$/, "is not a list such as .example.com,10.0.0.1")
    .optional(),
  ...Limits.shape,
  LEO_RETENTION_DAYS: number.int().min(1),
  LEO_RECORDS_RETENTION_DAYS: number.int().min(AUDIT_DAYS_MIN),
  LEO_GITHUB_ORGANIZATION: GithubLogin.optional(),
  LEO_ALARM_EMAIL: z.email("is not an e-mail address").optional(),
  LEO_MONTHLY_BUDGET_USD: number.positive(),
  LEO_BUCKET_ALARM_GB: number.positive(),
  LEO_EXEC: flag,
  LEO_ADOPT: adopt.optional(),
});
type Settings = z.infer<typeof Settings>;

/** Rules across settings: the setting to blame, and what's wrong with it. */
const conflicts = (settings: Settings): [name: keyof Settings, problem: string][] => {
  const found: [keyof Settings, string][] = [];
  const { LEO_DOMAIN, LEO_DNS, LEO_CERTIFICATE_ARN, LEO_REGION, LEO_VCPU_BUDGET, LEO_GENERATOR_VCPU } =
    settings;
  const certificateRegion = LEO_CERTIFICATE_ARN?.split(":")[3];

  if (LEO_CERTIFICATE_ARN && !LEO_DOMAIN)
    found.push(["LEO_DOMAIN", "is not set, but LEO_CERTIFICATE_ARN is"]);
  const { LEO_PREVIEW_DOMAIN } = settings;
  if (LEO_PREVIEW_DOMAIN && !LEO_DOMAIN) found.push(["LEO_DOMAIN", "is not set, but LEO_PREVIEW_DOMAIN is"]);
  if (LEO_PREVIEW_DOMAIN && LEO_DOMAIN && isSameSite(LEO_PREVIEW_DOMAIN, LEO_DOMAIN)) {
    found.push(["LEO_PREVIEW_DOMAIN", `is of the same site as ${LEO_DOMAIN}; register one of its own`]);
  }
  if (LEO_DOMAIN && LEO_DNS === "off" && !LEO_CERTIFICATE_ARN) {
    found.push(["LEO_CERTIFICATE_ARN", "is not set; with LEO_DNS=off a domain needs its own certificate"]);
  }
  if (certificateRegion && certificateRegion !== LEO_REGION) {
    found.push(["LEO_CERTIFICATE_ARN", `is in ${certificateRegion}; the load balancer is in ${LEO_REGION}`]);
  }
  if (LEO_VCPU_BUDGET < LEO_GENERATOR_VCPU) {
    found.push(["LEO_VCPU_BUDGET", `is less than one generator's ${LEO_GENERATOR_VCPU} vCPU`]);
  }
  const { LEO_GENERATION_BUDGET_USD, LEO_USER_DAY_BUDGET_USD, LEO_PLATFORM_DAY_BUDGET_USD } = settings;
  if (LEO_USER_DAY_BUDGET_USD < LEO_GENERATION_BUDGET_USD) {
    found.push(["LEO_USER_DAY_BUDGET_USD", `is less than one run's USD ${LEO_GENERATION_BUDGET_USD}`]);
  }
  if (LEO_PLATFORM_DAY_BUDGET_USD < LEO_GENERATION_BUDGET_USD) {
    found.push(["LEO_PLATFORM_DAY_BUDGET_USD", `is less than one run's USD ${LEO_GENERATION_BUDGET_USD}`]);
  }
  const { LEO_ORCHESTRATORS, LEO_DATABASE_CONNECTIONS, LEO_DATABASE_POOLER_SIZE } = settings;
  const pooler = poolerProblem(LEO_ORCHESTRATORS, LEO_DATABASE_CONNECTIONS, LEO_DATABASE_POOLER_SIZE);
  if (pooler) found.push(["LEO_DATABASE_CONNECTIONS", pooler]);
  for (const part of ["ORCHESTRATOR", "GENERATOR"] as const) {
    const size = settings[`LEO_${part}_VCPU`];
    const [smallest, largest, step] = FARGATE_MEMORY_GB[size] ?? [0, 0, 1];
    const memoryGb = settings[`LEO_${part}_MEMORY_GB`];
    if (memoryGb >= smallest && memoryGb <= largest && (memoryGb - smallest) % step === 0) continue;
    found.push([
      `LEO_${part}_MEMORY_GB`,
      `at ${size} vCPU Fargate has ${smallest} to ${largest} GB in steps of ${step}`,
    ]);
  }
  return found;
};

/** Settings that also fit together. */
export const CheckedSettings = Settings.superRefine((settings, context) => {
  for (const [name, message] of conflicts(settings))
    context.addIssue({ code: "custom", path: [name], message });
});

/** Names of all settings. */
export const SETTING_NAMES = Object.keys(Settings.shape) as (keyof Settings)[];
