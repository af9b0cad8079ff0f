/** `npm run plan`, as a process. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { allowForGraphs } from "../../infra/test/support/graphs.ts";

allowForGraphs();

const plan = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const cwd = path.resolve(import.meta.dirname, "../..");
    const env = { PATH: process.env.PATH, HOME: process.env.HOME };
    execFile(process.execPath, ["tools/plan/main.ts", ...args], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

test.each(["graph", "cost", "policy"])(
  "plan %s explains itself and names an unknown option",
  async (what) => {
    const help = await plan(what, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: npm run plan -- ${what} [options]`);
    expect(await plan(what, "--stgae", "prod")).toEqual({
      code: 2,
      stdout: "",
      stderr: `Unknown option --stgae. Did you mean --stage?\nnpm run plan -- ${what} --help shows the options.\n`,
    });
  },
);

test("an unknown thing to plan is named, and so is a missing one", async () => {
  const end = "\nnpm run plan -- --help shows the options.\n";
  expect((await plan("polcy")).stderr).toBe(
    `WHAT must be one of graph, cost, policy, not "polcy". Did you mean policy?${end}`,
  );
  expect((await plan()).stderr).toBe(`WHAT is missing: one of graph, cost, policy.${end}`);
});

test("an account or a stage that is none is one sentence", async () => {
  expect((await plan("policy", "--account", "12")).stderr).toBe(
    '--account must be the 12 digits of an AWS account, not "12".\nnpm run plan -- policy --help shows the options.\n',
  );
  const { code, stderr } = await plan("policy", "--stage", "Ada");
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).toContain("the stage's name");
});

interface Printed {
  documents: { name: string; document: unknown }[];
  unscoped: { reason: string; actions: string[] }[];
}

test("the policy is printed as JSON, and written as files that IAM takes", async () => {
  const printed = JSON.parse((await plan("policy", "--json")).stdout) as Printed;
  expect(printed.documents[0]?.name).toBe("leo-saas-deployer-1");
  expect(printed.unscoped.every(({ reason, actions }) => reason.endsWith(".") && actions.length > 0)).toBe(
    true,
  );

  const folder = await mkdtemp(path.join(tmpdir(), "leo-policy-"));
  try {
    const { stdout } = await plan("policy", "--folder", folder);
    const files = await readdir(folder);
    expect(stdout.trim().split("\n")).toHaveLength(files.length);
    const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
    for (const text of texts) expect(JSON.parse(text)).toMatchObject({ Version: "2012-10-17" });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
