import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { secretsCheck } from "../src/checks/secrets.ts";
import { failure, warning } from "../src/finding.ts";
import { readSstSecrets } from "../src/sst-secrets.ts";
import { SECRETS, targetWith, told } from "./support/target.ts";

const jwt = (claims: object) =>
  ["eyJhbGciOiJIUzI1NiJ9", Buffer.from(JSON.stringify(claims)).toString("base64url"), "x"].join(".");

const withSecrets = async (changes: object) =>
  told(secretsCheck, targetWith({ secrets: { ...SECRETS, ...changes } }));

test("seven secrets of the right shape", async () => {
  expect(await withSecrets({})).toEqual(["ok: all 7 are set and well-formed"]);
  expect(await withSecrets({ SupabaseAnonKey: jwt({ role: "anon" }) })).toHaveLength(1);
  expect(
    await withSecrets({ GithubBotToken: "none", SupabaseServiceRoleKey: jwt({ role: "service_role" }) }),
  ).toEqual(["ok: all 7 are set and well-formed"]);
});

test("the legacy JWT secret is asked for by nobody, and whole where it is set", async () => {
  const SupabaseJwtSecret = "0123456789abcdef0123456789abcdef";
  expect(await withSecrets({ SupabaseJwtSecret })).toEqual(["ok: all 7 are set and well-formed"]);
  expect(await withSecrets({ SupabaseJwtSecret: "too-short" })).toEqual([
    "failure: SupabaseJwtSecret is shorter than 32 characters",
  ]);
  const secrets = { ...SECRETS, SupabaseJwtSecret };
  expect(await told(secretsCheck, targetWith({ secrets, runningSecrets: SECRETS }))).toContain(
    "warning: SupabaseJwtSecret: the running tasks have a different value",
  );
});

test("one credential opens the model: a token or an API key", async () => {
  const AnthropicApiKey = "sk-ant-api03-doctor0123456789";
  expect(await withSecrets({ ClaudeOauthToken: "none", AnthropicApiKey })).toEqual([
    "ok: all 7 are set and well-formed",
  ]);
  expect(await withSecrets({ AnthropicApiKey })).toEqual([
    expect.stringMatching(/^failure: ClaudeOauthToken and AnthropicApiKey are both set/),
  ]);
  expect(await withSecrets({ ClaudeOauthToken: "none" })).toEqual([
    "failure: no credential for the model is set",
  ]);
  expect(await withSecrets({ ClaudeOauthToken: "none", AnthropicApiKey: "sk-ant-oat01-x" })).toEqual([
    "failure: AnthropicApiKey is not an API key of Anthropic",
  ]);
});

test("each that is missing is named, with the command that sets it", async () => {
  const target = targetWith({ secrets: { ...SECRETS, SupabaseUrl: "", ClaudeOauthToken: undefined } });
  const findings = await secretsCheck.run(target, AbortSignal.timeout(1_000));
  expect(findings).toEqual([
    failure("SupabaseUrl is not set", "Run `npx sst secret set SupabaseUrl VALUE --stage prod`."),
    failure("ClaudeOauthToken is not set", "Run `npx sst secret set ClaudeOauthToken VALUE --stage prod`."),
  ]);
});

test.for([
  ["SupabaseUrl", "abcdefgh.supabase.co", "is not a URL"],
  ["SupabaseUrl", "http://abcdefgh.supabase.co", "is not an https URL"],
  ["SupabaseUrl", "https://abcdefgh.supabase.co/rest/v1", "has a path"],
  ["SupabaseAnonKey", "sb_secret_0123456789abcdef", "is a secret key, and browsers would see it"],
  ["SupabaseAnonKey", jwt({ role: "service_role" }), "is a secret key, and browsers would see it"],
  ["SupabaseAnonKey", "abc", "is not one of Supabase's keys"],
  ["SupabaseServiceRoleKey", "sb_publishable_abc", "is not a secret key of Supabase"],
  ["SupabaseServiceRoleKey", "eyJ.eyJ.x", "is not a secret key of Supabase"],
  ["DatabaseUrl", "postgresql://u:p@pooler.example.com:6543/postgres", "is the transaction pooler"],
  ["DatabaseUrl", "postgresql://u:p@db.abcdefgh.supabase.co:5432/postgres", "tasks have IPv4 only"],
  ["DatabaseUrl", "postgresql://u:p@pooler.example.com:5432/postgres", "asks for no encryption"],
  ["DatabaseUrl", "not a url", "is not a URL such as"],
  ["GithubBotToken", "hunter2", "is not a GitHub token"],
  ["FlyApiToken", "hunter2", "is not a Fly.io token"],
  ["ClaudeOauthToken", "sk-ant-api03-0123456789", "is an API key, not a Claude token"],
  ["ClaudeOauthToken", "hunter2", "is not a Claude token"],
  ["ClaudeOauthToken", `${SECRETS.ClaudeOauthToken}\n`, "begins or ends with a space or a line break"],
] as const)("%s of the wrong shape is refused and not repeated (%#)", async ([name, value, problem]) => {
  const lines = await withSecrets({ [name]: value });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`failure: ${name} `);
  expect(lines[0]).toContain(problem);
  expect(lines[0]).not.toContain(value);
});

test("a secret that was set after the last deploy is told, and one that can't be compared", async () => {
  const runningSecrets = { ...SECRETS, ClaudeOauthToken: "sk-ant-oat01-older", FlyApiToken: "fo1_older" };
  expect(await told(secretsCheck, targetWith({ runningSecrets }))).toEqual([
    "ok: all 7 are set and well-formed",
    "warning: FlyApiToken, ClaudeOauthToken: the running tasks have a different value",
  ]);
  const runningSecretsProblem = warning("the running tasks' secrets can't be read");
  expect(await told(secretsCheck, targetWith({ runningSecretsProblem }))).toContain(
    "warning: the running tasks' secrets can't be read",
  );
});

describe("reading them through SST", () => {
  /** Runs a script in the place of `sst`. */
  const withSst = async (script: string, timeoutMs = 10_000) => {
    const folder = await mkdtemp(path.join(tmpdir(), "leo-doctor-"));
    const command = path.join(folder, "sst");
    await writeFile(command, `#!/bin/sh\n${script}\n`);
    await chmod(command, 0o755);
    try {
      return await readSstSecrets("prod", { env: process.env, timeoutMs, command });
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  test("takes the values as they are, with their equal signs", async () => {
    const { secrets } = await withSst(
      `[ "$*" = "secret list --stage prod" ] && printf '# leo-saas/prod\\nDatabaseUrl=postgresql://h/db?a=b&c=d\\nFlyApiToken=none\\nSupabaseJwtSecret=abc\\nOther=x\\n'`,
    );
    expect(secrets).toEqual({
      DatabaseUrl: "postgresql://h/db?a=b&c=d",
      FlyApiToken: "none",
      SupabaseJwtSecret: "abc",
    });
  });

  test("knows a stage without any", async () => {
    expect(await withSst("echo '✕  No secrets found' >&2; exit 1")).toEqual({ secrets: {} });
  });

  test("says why it could not", async () => {
    const refused = await withSst("echo '✕  Could not get secrets' >&2; exit 1");
    const late = await withSst("exec sleep 60", 50);
    const sentences = [refused, late].map(({ secretsProblem }) => secretsProblem?.message);
    expect(sentences).toEqual([
      "they can't be read: Could not get secrets",
      "they can't be read: no answer within 0.05 s",
    ]);
    expect(await told(secretsCheck, targetWith(late))).toEqual([
      "failure: they can't be read: no answer within 0.05 s",
    ]);
  });
});
