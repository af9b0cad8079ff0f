import { describe, expect, test } from "vitest";
import { committedDefaults, WITHOUT_ENV_FILES } from "../../environment/env-files.ts";
import { graphOf, refusalOf, SENTINELS } from "../../plan/graph/run-graph.ts";
import type { NamedKind } from "../facts.ts";
import { namedResources } from "../named.ts";
import { setSecretNames } from "../../../infra/secret-list.ts";
import { deployWarnings, secretProblems } from "../problems.ts";
import { readStage } from "../../../infra/stage.ts";
import { allowForGraphs } from "../../../infra/test/support/graphs.ts";

allowForGraphs();

const stageWith = (settings: Record<string, string> = {}) =>
  readStage("prod", {
    ...WITHOUT_ENV_FILES,
    ...committedDefaults(),
    ...settings,
  });
const problemsOf = (secrets: Record<string, string>) =>
  secretProblems({ name: "prod" }, { ...SENTINELS, ...secrets });
describe("secrets", () => {
  test("all that are missing are named in one sentence", () => {
    expect(problemsOf({ ClaudeOauthToken: "", GithubBotToken: "" })).toEqual([
      "These secrets are not set: GithubBotToken, ClaudeOauthToken; set each with `npx sst secret set NAME VALUE --stage prod`.",
    ]);
  });

  test("one credential opens the model: the Claude token, or with `none` in its place an API key", () => {
    const of = (secrets: Record<string, string>) =>
      secretProblems({ name: "prod" }, { ...SENTINELS, ...secrets });
    const AnthropicApiKey = "sk-ant-api03-x";
    expect(of({ ClaudeOauthToken: "none", AnthropicApiKey })).toEqual([]);
    expect(of({ AnthropicApiKey })).toEqual([
      "ClaudeOauthToken and AnthropicApiKey are both set, and Leo calls the model with one of them: set ClaudeOauthToken to none, or run `npx sst secret remove AnthropicApiKey --stage prod`.",
    ]);
    expect(of({ ClaudeOauthToken: "none" })).toEqual([
      expect.stringMatching(
        /^No credential for the model is set: set ClaudeOauthToken .* AnthropicApiKey\.$/,
      ),
    ]);
    expect(of({ ClaudeOauthToken: "", AnthropicApiKey })).toEqual([
      "These secrets are not set: ClaudeOauthToken; set each with `npx sst secret set NAME VALUE --stage prod`.",
      "With AnthropicApiKey, set ClaudeOauthToken to none.",
    ]);
  });

  test("another endpoint of the model gets no Claude token", () => {
    const stage = stageWith({ LEO_MODEL_BASE_URL: "https://llm.example.com" });
    expect(secretProblems(stage, { ...SENTINELS })).toEqual([
      "LEO_MODEL_BASE_URL is set, and a Claude token is sent to api.anthropic.com only: set ClaudeOauthToken to none, and AnthropicApiKey to a key of that address.",
    ]);
    const own = { ...SENTINELS, ClaudeOauthToken: "none", AnthropicApiKey: "any-key" };
    expect(secretProblems(stage, own)).toEqual([]);
    expect(() => stageWith({ LEO_MODEL_BASE_URL: "https://u:p@llm.example.com" })).toThrow(
      /LEO_MODEL_BASE_URL/,
    );
    expect(() => stageWith({ LEO_HTTPS_PROXY: "http://u:p@proxy:1" })).toThrow(/LEO_HTTPS_PROXY/);
  });

  test("the legacy JWT secret may be absent, and is refused when it is too short", () => {
    const of = (SupabaseJwtSecret: string) => problemsOf({ SupabaseJwtSecret });
    expect(of("")).toEqual([]);
    expect(of("x".repeat(32))).toEqual([]);
    expect(of("x".repeat(31))).toEqual([
      expect.stringMatching(/^The secret SupabaseJwtSecret is shorter than 32 characters/),
    ]);
  });

  test.for([
    ["postgresql://u:p@pooler.example.com:6543/postgres", /transaction pooler/],
    ["postgresql://u:p@10.0.0.1:6543/postgres?sslmode=require", /transaction pooler \(port 6543\)/],
    ["postgresql://u:p@h.example.com/postgres?port=6543&sslmode=require", /transaction pooler/],
    ["postgresql://u:p@h.example.com:5432/x?pgbouncer=true&sslmode=require", /pooler \(pgbouncer=true\)/],
    ["postgresql://u:p@h.example.com:5432/x?sslmode=require&PgBouncer=1", /transaction pooler/],
    ["postgres://u:p@db.abc123.supabase.co/postgres?sslmode=require", /IPv6/],
    ["postgres://u:p@[2001:db8::1]:5432/postgres?sslmode=require", /IPv6 address/],
    ["postgresql://u:p@db.abcdefgh.supabase.co:5432/postgres", /IPv6/],
    ["postgresql://u:p@pooler.example.com:5432/postgres", /asks for no encryption/],
    ["postgresql://u:p@pooler.example.com:5432/postgres?sslmode=prefer", /asks for no encryption/],
    ["https://example.com", /is not a URL such as/],
    ["not a url", /is not a URL such as/],
  ] as const)("the database URL %s is refused, and not repeated", ([url, reason]) => {
    const [sentence, ...others] = problemsOf({ DatabaseUrl: url });
    expect(sentence).toMatch(reason);
    expect(sentence).not.toContain(url);
    expect(others).toEqual([]);
  });
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
      expect.stringMatching(/^Region us-east-1 allows this account 1 Fargate vCPUs/),
      expect.stringMatching(/^Docker does not answer/),
    ]);
    expect(registered).toBe(0);
  });

  test("for its settings, says all that is wrong with them", async () => {
    const { refused, registered } = await refusalOf({
      stage: "prod",
      settings: { LEO_ALLOWLIST: "10.0.0.1", LEO_VCPU_BUDGET: "1" },
    });
    expect(refused).toMatch(
      /^These settings are missing or wrong:\n {2}LEO_ALLOWLIST.*\n {2}LEO_VCPU_BUDGET/,
    );
    expect(registered).toBe(0);
  });
});

describe("the account, the builder and the registries", () => {
  const images = { LEO_GENERATOR_IMAGE: "ghcr.io/x/leo:1" };
  const site = { LEO_DOMAIN: "leo.example.com", LEO_PREVIEW_DOMAIN: "leo-previews.example" };

  test("stop a deploy with a sentence each, before anything is registered", async () => {
    const { refused, registered } = await refusalOf({
      stage: "prod",
      settings: { ...images, ...site },
      platforms: ["linux/amd64"],
      account: {
        owners: {
          "ECR repository leo": "the CloudFormation stack LeoStack",
          "secret leo-saas/database-url": "deletion",
        },
        vpcs: { count: 5, hasOwn: false },
        zones: [{ name: "example.com", id: "Z1", isPrivate: true }],
        images: {
          "ghcr.io/x/leo:1": { state: "unreachable", registry: "ghcr.io", reason: "it does not answer" },
        },
        baseRegistryProblem: "the name is not known to DNS",
      },
    });
    expect(refused.split("\n")).toEqual([
      expect.stringMatching(/^These names of stage prod already belong to the CloudFormation stack LeoStack/),
      expect.stringMatching(/^These secrets are scheduled for deletion/),
      expect.stringMatching(/^Region us-east-1 has 5 VPCs/),
      expect.stringMatching(/^The hosted zone that SST would use for LEO_DOMAIN/),
      expect.stringMatching(/^No hosted zone .* LEO_PREVIEW_DOMAIN/),
      expect.stringMatching(/^The registry ghcr\.io of LEO_GENERATOR_IMAGE can't be reached/),
      expect.stringMatching(/^The builder stand-in cannot build for linux\/arm64/),
      expect.stringMatching(/^Docker Hub, which has the base images, can't be reached/),
    ]);
    expect(registered).toBe(0);
  });

  test("with expired credentials give that one sentence instead of its consequences", async () => {
    const { refused } = await refusalOf({ stage: "prod", account: { credentialsError: "expired" } });
    expect(refused).toMatch(/^The AWS credentials in this environment have expired: log in[^\n]*$/);
  });

  test("that may not be read do not stop it", async () => {
    const { printed, resources } = await graphOf({
      stage: "prod",
      account: { denied: ["read:budget", "ec2:DescribeVpcs"], vpcs: { count: 9, hasOwn: false } },
    });
    expect(printed).toContainEqual(expect.stringMatching(/^Warning: Not checked: the quota of VPCs/));
    expect(resources.length).toBeGreaterThan(50);
  });
});

describe("what a deploy names", () => {
  /** Where each kind's name stands in the graph. */
  const TYPES: Record<string, [kind: NamedKind, property: string]> = {
    "aws:secretsmanager/secret:Secret": ["secret", "name"],
    "aws:ecr/repository:Repository": ["ECR repository", "name"],
    "aws:cloudwatch/logGroup:LogGroup": ["log group", "name"],
    "aws:s3/bucketV2:BucketV2": ["bucket", "bucket"],
    "aws:iam/role:Role": ["IAM role", "name"],
    "aws:sqs/queue:Queue": ["queue", "name"],
    "aws:ecs/cluster:Cluster": ["ECS cluster", "name"],
    "aws:sns/topic:Topic": ["SNS topic", "name"],
    "aws:lambda/function:Function": ["Lambda function", "name"],
    "aws:cloudwatch/eventRule:EventRule": ["EventBridge rule", "name"],
    "aws:budgets/budget:Budget": ["budget", "name"],
  };
  /** SST ends the names that it invents with eight characters of its own. */
  const isInvented = (name: string) => /-[a-z]{8}$/.test(name) && /[A-Z]/.test(name);

  test.for([false, true])("is all of what preflight asks for (sst dev: %s)", async (dev) => {
    const { resources } = await graphOf({ stage: "ada", dev });
    const inGraph = resources.flatMap(({ type, inputs }) => {
      const [kind, property] = TYPES[type] ?? [];
      const name = property && inputs[property];
      return kind && typeof name === "string" && !isInvented(name) ? [`${kind} ${name}`] : [];
    });
    const stage = { name: "ada", region: "us-east-1" };
    const asked = namedResources(stage, "111122223333", setSecretNames({}), dev)
      .filter(({ kind }) => kind !== "ECS service")
      .map(({ kind, name }) => `${kind} ${name}`);
    expect(asked.toSorted()).toEqual([...new Set(inGraph)].toSorted());
  });
});

test("one image is built after the other, by the builder that BUILDX_BUILDER names", async () => {
  const { resources } = await graphOf({ stage: "ada", settings: { BUILDX_BUILDER: "far" } });
  const images = resources.filter(({ type }) => type === "docker-build:index:Image");
  expect(images.map(({ inputs }) => inputs.builder)).toEqual([{ name: "far" }, { name: "far" }]);
  const [first] = images;
  expect(images.map(({ dependencies }) => dependencies)).toContainEqual(
    expect.arrayContaining([first?.name]),
  );
});
