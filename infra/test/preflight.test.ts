import { describe, expect, test } from "vitest";
import { committedDefaults, WITHOUT_ENV_FILES } from "../env-files.ts";
import { refusalOf, SENTINELS } from "../../tools/plan/graph/run-graph.ts";
import { deployProblems, deployWarnings, devProblems } from "../preflight-problems.ts";
import { readStage } from "../stage.ts";
import { allowForGraphs } from "./support/graphs.ts";

allowForGraphs();

const stageWith = (settings: Record<string, string> = {}) =>
  readStage("prod", {
    ...WITHOUT_ENV_FILES,
    ...committedDefaults(),
    ...settings,
  });
const env = (secrets: Record<string, string> = {}) =>
  Object.fromEntries(
    Object.entries({ ...SENTINELS, ...secrets }).map(([name, value]) => [`SST_SECRET_${name}`, value]),
  );
const READY = { env: env(), vcpuQuota: 6, dockerAnswers: true };
const BOTH_IMAGES = { LEO_ORCHESTRATOR_IMAGE: "ghcr.io/x/app:1", LEO_GENERATOR_IMAGE: "ghcr.io/x/leo:1" };

test("the defaults fit a new account with its 6 vCPUs", () => {
  expect(deployProblems(stageWith(), READY)).toEqual([]);
});

describe("secrets", () => {
  test("all that are missing are named in one sentence", () => {
    const missing = env({ ClaudeOauthToken: "", GithubBotToken: "" });
    const sentence =
      "These secrets are not set: GithubBotToken, ClaudeOauthToken; set each with `npx sst secret set NAME VALUE --stage prod`.";
    expect(deployProblems(stageWith(), { ...READY, env: missing })).toEqual([sentence]);
    expect(devProblems(stageWith(), missing)).toEqual([sentence]);
  });

  test("the legacy JWT secret may be absent, and is refused when it is too short", () => {
    const of = (SupabaseJwtSecret: string) =>
      deployProblems(stageWith(), { ...READY, env: env({ SupabaseJwtSecret }) });
    expect(of("")).toEqual([]);
    expect(of("x".repeat(32))).toEqual([]);
    expect(of("x".repeat(31))).toEqual([
      expect.stringMatching(/^The secret SupabaseJwtSecret is shorter than 32 characters/),
    ]);
  });

  test.for([
    ["postgresql://u:p@pooler.example.com:6543/postgres", /transaction pooler/],
    ["postgresql://u:p@db.abcdefgh.supabase.co:5432/postgres", /IPv6 only/],
    ["postgresql://u:p@pooler.example.com:5432/postgres", /asks for no encryption/],
    ["postgresql://u:p@pooler.example.com:5432/postgres?sslmode=prefer", /asks for no encryption/],
    ["https://example.com", /is not a URL such as/],
    ["not a url", /is not a URL such as/],
  ] as const)("the database URL %s is refused, and not repeated", ([url, reason]) => {
    const [sentence, ...others] = deployProblems(stageWith(), { ...READY, env: env({ DatabaseUrl: url }) });
    expect(sentence).toMatch(reason);
    expect(sentence).not.toContain(url);
    expect(others).toEqual([]);
  });
});

test("a Region without enough quota is refused with the numbers", () => {
  expect(deployProblems(stageWith(), { ...READY, vcpuQuota: 5 })).toEqual([
    "Region us-east-1 allows this account 5 Fargate vCPUs, but the stage needs 6: ask for more of quota L-3032A538 in Service Quotas, or lower LEO_VCPU_BUDGET.",
  ]);
});

test("no Docker is refused unless both images are made elsewhere", () => {
  const without = { ...READY, dockerAnswers: false };
  const { LEO_GENERATOR_IMAGE: _, ...oneImage } = BOTH_IMAGES;
  expect(deployProblems(stageWith(), without)).toEqual([expect.stringMatching(/^Docker does not answer/)]);
  expect(deployProblems(stageWith(oneImage), without)).toHaveLength(1);
  expect(deployProblems(stageWith(BOTH_IMAGES), without)).toEqual([]);
});

test("a site without a domain, an allowlist or a site for its previews is warned about", () => {
  expect(deployWarnings(stageWith())).toEqual([
    expect.stringMatching(/^LEO_DOMAIN is not set: the site is plain HTTP/),
    expect.stringMatching(/everybody can open the site/),
  ]);
  const closed = { LEO_DOMAIN: "leo.example.com", LEO_ALLOWLIST: "203.0.113.0/24" };
  expect(deployWarnings(stageWith(closed))).toEqual([
    expect.stringMatching(/^LEO_PREVIEW_DOMAIN is not set: previews at \*\.preview\.leo\.example\.com share/),
  ]);
  expect(deployWarnings(stageWith({ ...closed, LEO_PREVIEW_DOMAIN: "leo-previews.example" }))).toEqual([]);
});

describe("a deploy that is refused", () => {
  test("has created nothing", async () => {
    const { refused, registered } = await refusalOf({
      stage: "prod",
      docker: false,
      vcpuQuota: 1,
      secrets: { ...SENTINELS, ClaudeOauthToken: "" },
    });
    expect(refused.split("\n")).toEqual([
      expect.stringMatching(/^These secrets are not set: ClaudeOauthToken;/),
      expect.stringMatching(/^Docker does not answer/),
      expect.stringMatching(/^Region us-east-1 allows this account 1 Fargate vCPUs/),
    ]);
    // Pulumi's own stack object.
    expect(registered).toBe(1);
  });

  test("for its settings, says all that is wrong with them", async () => {
    const { refused, registered } = await refusalOf({
      stage: "prod",
      settings: { LEO_ALLOWLIST: "10.0.0.1", LEO_VCPU_BUDGET: "1" },
    });
    expect(refused).toMatch(
      /^These settings are missing or wrong:\n {2}LEO_ALLOWLIST.*\n {2}LEO_VCPU_BUDGET/,
    );
    expect(registered).toBe(1);
  });
});
