import { expect, test } from "vitest";
import { committedDefaults, WITHOUT_ENV_FILES } from "../../tools/environment/env-files.ts";
import { globalNamesFor, namesFor } from "../names.ts";
import { SETTING_NAMES } from "../settings.ts";
import { readRegion, readStage } from "../stage.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0b0e1f0a-1111-4222-8333-444455556666";
const defaults = {
  ...WITHOUT_ENV_FILES,
  ...committedDefaults(),
};
const read = (settings: Record<string, string>, name = "prod") =>
  readStage(name, { ...defaults, ...settings });

test("the committed defaults are whole: Graviton, plain HTTP, the quota of a new account", () => {
  expect(read({})).toMatchObject({
    region: "us-east-1",
    architecture: "arm64",
    domain: undefined,
    allowlist: ["0.0.0.0/0"],
    vcpuBudget: 4,
    scaling: { min: 1, max: 1 },
    databaseConnections: 5,
    exec: false,
  });
});

test("every setting stands in the committed file, where people look for it", () => {
  expect(Object.keys(committedDefaults()).toSorted()).toEqual([...SETTING_NAMES].toSorted());
});

test("the committed file holds no secret", () => {
  expect(JSON.stringify(committedDefaults())).not.toMatch(/token|key|password|secret/i);
});

test.for([
  [{ LEO_ALLOWLIST: "10.0.0.0/8, 10.0.0.1" }, /LEO_ALLOWLIST.*"10.0.0.1" is not an IPv4 range/],
  [{ LEO_ALLOWLIST: "10.0.0.0/33" }, /LEO_ALLOWLIST.*"10.0.0.0\/33"/],
  [{ LEO_REGION: "Virginia" }, /LEO_REGION: is not a Region/],
  [{ LEO_ARCHITECTURE: "mips" }, /LEO_ARCHITECTURE/],
  [{ LEO_DOMAIN: "https://leo.example.com" }, /LEO_DOMAIN: is not a host name/],
  [{ LEO_CERTIFICATE_ARN: CERTIFICATE }, /LEO_DOMAIN: is not set, but LEO_CERTIFICATE_ARN is/],
  [{ LEO_DOMAIN: "leo.example.com", LEO_CERTIFICATE_ARN: "abc" }, /LEO_CERTIFICATE_ARN: is not the ARN/],
  [
    { LEO_DOMAIN: "leo.example.com", LEO_CERTIFICATE_ARN: CERTIFICATE, LEO_REGION: "eu-west-1" },
    /LEO_CERTIFICATE_ARN: is in us-east-1; the load balancer is in eu-west-1/,
  ],
  [{ LEO_DOMAIN: "leo.example.com", LEO_DNS: "off" }, /LEO_CERTIFICATE_ARN: is not set; with LEO_DNS=off/],
  [{ LEO_PREVIEW_DOMAIN: "leo-previews.example" }, /LEO_DOMAIN: is not set, but LEO_PREVIEW_DOMAIN is/],
  [
    { LEO_DOMAIN: "leo.example.com", LEO_PREVIEW_DOMAIN: "previews.example.com" },
    /LEO_PREVIEW_DOMAIN: is of the same site as leo.example.com; register one of its own/,
  ],
  [
    { LEO_DOMAIN: "leo.example.co.uk", LEO_PREVIEW_DOMAIN: "example.co.uk" },
    /LEO_PREVIEW_DOMAIN: is of the same site/,
  ],
  [{ LEO_GENERATOR_VCPU: "3" }, /LEO_GENERATOR_VCPU: is not one of Fargate's sizes/],
  [
    { LEO_GENERATOR_MEMORY_GB: "4" },
    /LEO_GENERATOR_MEMORY_GB: at 4 vCPU Fargate has 8 to 30 GB in steps of 1/,
  ],
  [{ LEO_ORCHESTRATOR_MEMORY_GB: "2.5" }, /LEO_ORCHESTRATOR_MEMORY_GB: at 1 vCPU/],
  [{ LEO_VCPU_BUDGET: "2" }, /LEO_VCPU_BUDGET: is less than one generator's 4 vCPU/],
  [{ LEO_ORCHESTRATORS: "two" }, /LEO_ORCHESTRATORS: "two" is not a number such as 2, a range such as 2-4/],
  [{ LEO_ORCHESTRATORS: "0" }, /LEO_ORCHESTRATORS: "0" is not a number/],
  [{ LEO_ORCHESTRATORS: "2@70" }, /LEO_ORCHESTRATORS: "2@70" is not a number/],
  [{ LEO_ORCHESTRATORS: "4-2" }, /LEO_ORCHESTRATORS: 4-2 ends before it begins/],
  [{ LEO_ORCHESTRATORS: "2-99" }, /LEO_ORCHESTRATORS: 99 are more than 20/],
  [
    { LEO_ORCHESTRATORS: "2-4" },
    /LEO_DATABASE_CONNECTIONS: a deploy runs up to 6 orchestrators with 5 connections each, 30 in all, and the pooler has LEO_DATABASE_POOLER_SIZE=15; set it to 2, or raise/,
  ],
  [
    { LEO_ORCHESTRATORS: "8" },
    /LEO_DATABASE_CONNECTIONS: a deploy runs up to 9 orchestrators.*; lower LEO_ORCHESTRATORS, or raise/,
  ],
  [{ LEO_DATABASE_CONNECTIONS: "1" }, /LEO_DATABASE_CONNECTIONS/],
  [{ LEO_ALARM_EMAIL: "ops" }, /LEO_ALARM_EMAIL: is not an e-mail address/],
  [{ LEO_GITHUB_ORGANIZATION: "acme/apps" }, /LEO_GITHUB_ORGANIZATION: That's not a valid GitHub username/],
  [{ LEO_GENERATOR_IMAGE: "not an image" }, /LEO_GENERATOR_IMAGE: is not an image reference/],
  [{ LEO_EXEC: "yes" }, /LEO_EXEC/],
  [{ LEO_REGION: "" }, /LEO_REGION: is not set/],
] as const)("%j is refused with its reason", ([settings, reason]) => {
  expect(() => read({ ...settings })).toThrow(reason);
});

test.for([
  ["leo.example.com", "leo-previews.example"],
  ["leo.co.uk", "previews.co.uk"],
  ["leo.github.io", "previews.github.io"],
])(
  "for Leo at %s previews at %s are on a site of their own",
  ([LEO_DOMAIN = "", LEO_PREVIEW_DOMAIN = ""]) => {
    expect(read({ LEO_DOMAIN, LEO_PREVIEW_DOMAIN }).previewDomain).toBe(LEO_PREVIEW_DOMAIN);
  },
);

test("everything that is wrong is told at once", () => {
  const wrong = () => read({ LEO_ALLOWLIST: "x", LEO_ARCHITECTURE: "y", LEO_VCPU_BUDGET: "z" });
  expect(wrong).toThrow(/LEO_ARCHITECTURE[\s\S]*LEO_ALLOWLIST[\s\S]*LEO_VCPU_BUDGET/);
});

test.for([
  "saas-app",
  "saas",
  "Prod",
  "a_b",
  "",
  "1st",
  "a-name-that-is-far-too-long",
  "ada-",
  "a--b",
  "x-s3alias",
])("the stage name %j is refused", (name) => {
  expect(() => read({}, name)).toThrow(/the stage's name/);
});

test("the Region that SST asks for does not depend on the other settings", () => {
  expect(readRegion("prod", { ...defaults, LEO_REGION: "eu-west-1", LEO_DOMAIN: "???" })).toBe("eu-west-1");
});

test("prod has the plain names, any other stage its own", () => {
  expect(namesFor("prod")).toMatchObject({
    app: "leo-saas",
    orchestrator: "leo-saas-app",
    generator: "leo",
    taskEvents: "leo-saas-task-events",
    orchestratorLogs: "/ecs/leo-saas-app",
    generatorLogs: "/ecs/leo",
  });
  expect(namesFor("prod").secret("database-url")).toBe("leo-saas/database-url");
  expect(namesFor("ada").secret("database-url")).toBe("leo-saas-ada/database-url");
});

test("names that AWS knows once carry the Region, except in us-east-1", () => {
  expect(globalNamesFor("prod", "us-east-1").bucket("111122223333")).toBe(
    "leo-saas-generated-apps-111122223333",
  );
  expect(globalNamesFor("prod", "us-east-1")).toMatchObject({
    budget: "leo-saas",
    dashboard: "leo-saas",
    generatorTaskRole: "leo-saas-generator-task",
  });
  expect(globalNamesFor("ada", "eu-west-1").bucket("111122223333")).toBe(
    "leo-saas-generated-apps-euw1-111122223333-ada",
  );
  expect(globalNamesFor("prod", "us-gov-west-1").bucket("1")).toBe("leo-saas-generated-apps-usgw1-1");
  expect(globalNamesFor("prod", "eu-west-1").budget).not.toBe(
    globalNamesFor("eu-west-1", "us-east-1").budget,
  );
});

test("the longest names are within AWS's limits", () => {
  const longest = globalNamesFor("a2345678901234567890", "ap-southeast-1");
  expect(longest.generatorExecutionRole.length).toBeLessThanOrEqual(64);
  expect(longest.bucket("111122223333").length).toBeLessThanOrEqual(63);
});
