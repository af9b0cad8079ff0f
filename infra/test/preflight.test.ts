import { describe, expect, test } from "vitest";
import { committedDefaults, WITHOUT_ENV_FILES } from "../env-files.ts";
import { refusalOf, SENTINELS } from "../../tools/plan/graph/run-graph.ts";
import { deployWarnings, secretProblems } from "../preflight-problems.ts";
import { readStage } from "../stage.ts";
import { allowForGraphs } from "./support/graphs.ts";

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
