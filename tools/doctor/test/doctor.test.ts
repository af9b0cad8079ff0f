import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Check } from "../src/check.ts";
import { failure, type Finding, LeftOut, ok, warning } from "../src/finding.ts";
import { localChecks, STAGE_CHECKS } from "../src/checks.ts";
import { supabaseCheck } from "../src/checks/supabase.ts";
import { examine, type Report } from "../src/doctor.ts";
import { render } from "../src/render.ts";
import { closedUrl, withServer } from "./support/stand-in.ts";
import { SECRETS, targetWith } from "./support/target.ts";

const check = (name: string, run: () => Promise<Finding[]>): Check => ({ name, run });

test("a report tells each finding, and fails only on failures", async () => {
  const good = check("good", async () => [ok("fine")]);
  const odd = check("odd", async () => [warning("hm", "Look."), ok("else fine")]);
  const bad = check("bad", async () => [failure("broken", "Mend it.")]);
  const passed = await examine(targetWith(), [good, odd], 1_000);
  expect(passed).toMatchObject({ ok: true, counts: { ok: 2, warning: 1, failure: 0 } });
  const failed = await examine(targetWith(), [good, bad], 1_000);
  expect(failed.ok).toBe(false);
  expect(render(failed, false).split("\n")).toEqual([
    "Leo's doctor: stage prod",
    "",
    "  ok       good  fine",
    "  failure  bad   broken",
    "                 → Mend it.",
    "",
    "1 failure, 0 warnings, 1 ok",
  ]);
});

test("a check that breaks or takes too long is a line like the others", async () => {
  const broken = check("broken", () => Promise.reject(new Error("unforeseen\nstack")));
  const { lines } = await withServer(
    () => "never",
    (url) =>
      examine(
        targetWith({ secrets: { ...SECRETS, SupabaseUrl: url } }),
        [broken, supabaseCheck, check("stuck", () => new Promise(() => undefined))],
        400,
      ),
  );
  expect(lines.map(({ status, message }) => `${status}: ${message}`)).toEqual([
    "failure: couldn't be checked: unforeseen",
    expect.stringMatching(/^failure: (no answer within 0.4 s|.* it does not answer)$/),
    "failure: no answer within 0.4 s",
  ]);
});

test("checks that need the same missing thing are counted, not repeated", async () => {
  const needing = (name: string, needs: string) => check(name, () => Promise.reject(new LeftOut(needs)));
  const bad = check("database", async () => [failure("it is away")]);
  const report = await examine(
    targetWith(),
    [bad, needing("roles", "a database"), needing("bans", "a database"), needing("github", "GithubBotToken")],
    1_000,
  );
  expect(report).toMatchObject({
    counts: { ok: 0, warning: 0, failure: 1 },
    leftOut: [
      { needs: "a database", checks: ["roles", "bans"] },
      { needs: "GithubBotToken", checks: ["github"] },
    ],
  });
  expect(render(report, false).split("\n")).toEqual([
    "Leo's doctor: stage prod",
    "",
    "  failure  database  it is away",
    "",
    "2 checks need a database and were left out:",
    "  roles, bans",
    "",
    "1 check needs GithubBotToken and was left out:",
    "  github",
    "",
    "1 failure, 0 warnings, 0 ok",
  ]);
});

test("no secret is printed, whatever a check says", async () => {
  const runningSecrets = { ...SECRETS, ClaudeOauthToken: "unusual-but-secret" };
  const values = [...Object.values(SECRETS), "unusual-but-secret", "pass-w0rd"].join(" ");
  const leaky = check("leaky", async () => [failure(`it said ${values}`, `not ${values}`)]);
  const report = await examine(targetWith({ runningSecrets }), [leaky], 1_000);
  const text = `${render(report, true)}${JSON.stringify(report)}`;
  const { SupabaseUrl, FlyApiToken, ...secret } = SECRETS;
  for (const value of [...Object.values(secret), "unusual-but-secret", "pass-w0rd"]) {
    expect(text).not.toContain(value);
  }
  // An address and the word for "no token" are no secrets.
  expect(text).toContain(SupabaseUrl);
  expect(text).toContain(FlyApiToken);
});

test("every check has a name of its own and is part of a list", () => {
  const names = (checks: Check[]) => checks.map(({ name }) => name);
  expect(new Set(names(STAGE_CHECKS)).size).toBe(STAGE_CHECKS.length);
  expect(names(localChecks(true))).toEqual(
    expect.arrayContaining(["supabase", "database", "migrations", "roles", "bucket", "queue"]),
  );
});

const MAIN = path.resolve(import.meta.dirname, "../src/main.ts");

/** Runs the command; nothing of this machine's AWS reaches it. */
const doctor = async (args: string[], env: Record<string, string> = {}) => {
  const surroundings = {
    PATH: process.env.PATH,
    HOME: tmpdir(),
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ACCESS_KEY_ID: "LEOTEST",
    AWS_SECRET_ACCESS_KEY: "local",
    ...env,
  };
  const run = promisify(execFile)(process.execPath, [MAIN, ...args], { env: surroundings });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
};

const unreachable = async () => {
  const url = await closedUrl();
  return {
    AWS_ENDPOINT_URL: url,
    LEO_UPSTREAM_URL: url,
    LEO_GITHUB_API_URL: url,
    LEO_DOCTOR_CLOCK_URL: url,
  };
};

test("of a stage that can't be reached it says so, as JSON too, and exits 1", async () => {
  const { code, stdout } = await doctor(["--stage", "prod", "--json"], await unreachable());
  const report = JSON.parse(stdout) as Report;
  expect(code).toBe(1);
  expect(report).toMatchObject({ target: "stage prod in us-east-1", ok: false });
  expect(report.lines).toContainEqual({
    check: "credentials",
    status: "failure",
    message: "AWS can't be reached in us-east-1: the connection is refused",
    advice: "Check the network and LEO_REGION.",
  });
  // One cause, and none of its consequences.
  expect(report.counts.failure).toBe(1);
  expect(report.lines.filter(({ status }) => status === "warning").map(({ check: name }) => name)).toEqual([
    "certificate",
  ]);
  const [{ needs, checks } = { needs: "", checks: [] }, ...others] = report.leftOut;
  expect(others).toEqual([]);
  expect(needs).toBe("AWS credentials");
  const reported = new Set(report.lines.map(({ check: name }) => name));
  expect([...reported, ...checks].toSorted()).toEqual(STAGE_CHECKS.map(({ name }) => name).toSorted());
  const { stdout: text } = await doctor(["--stage", "prod"], await unreachable());
  expect(text).toContain(`${checks.length} checks need AWS credentials and were left out:`);
});

test("of this machine it asks nothing that only AWS has, and exits 0", async () => {
  const env = { ...(await unreachable()), LEO_DATA_DIR: path.join(tmpdir(), "leo-doctor-none") };
  const port = new URL(await closedUrl()).port;
  const { code, stdout, stderr } = await doctor([], { ...env, PORT: port });
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^Leo's doctor: this machine/);
  expect(stdout).toMatch(/port \d+ is free/);
  expect(stdout).not.toMatch(/quota|credentials|amazonaws/);
  expect(stdout).toMatch(/^0 failures, 0 warnings, \d+ ok$/m);
  expect(code).toBe(0);
});

test("every wrong setting is a line; a wrong command line is one sentence", async () => {
  const settings = { LEO_ALLOWLIST: "10.0.0.1", LEO_VCPU_BUDGET: "1" };
  const wrong = await doctor(["--stage", "prod", "--json"], settings);
  expect(wrong.code).toBe(1);
  const { lines } = JSON.parse(wrong.stdout) as Report;
  expect(lines.map(({ check: name, message }) => `${name} ${message}`)).toEqual([
    expect.stringMatching(/^settings LEO_ALLOWLIST/),
    expect.stringMatching(/^settings LEO_VCPU_BUDGET/),
  ]);
  const usage = await doctor(["--stage", "prod", "--local"]);
  expect(usage).toMatchObject({
    code: 2,
    stderr: "Choose one of --stage and --local.\nnpm run doctor -- --help shows the options.\n",
  });
});
