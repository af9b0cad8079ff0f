/** `npm run deploy` as people run it, with stand-ins for `sst`, `docker` and AWS. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { WITHOUT_ENV_FILES } from "../../environment/env-files.ts";
import { SENTINELS } from "../../plan/graph/run-graph.ts";
import { deployment, withFakeEcs, type Stage } from "./support/fake-ecs.ts";

const DEPLOY = path.resolve(import.meta.dirname, "../deploy.ts");

interface Outcome {
  code: number | null;
  output: string;
  /** What the stand-in for `sst` noted: its arguments, and each interrupt. */
  notes: string[];
}

interface Options {
  args?: string[];
  /** What `sst deploy` does, in shell. */
  sstDeploy?: string;
  secrets?: Record<string, string>;
  /** Interrupts once this is printed, as a terminal does it. */
  interruptAt?: string;
}

const secretLines = (secrets: Record<string, string>) =>
  ["# leo-saas/prod", ...Object.entries(secrets).map(([name, value]) => `${name}=${value}`)].join("\n");

const deploy = async (stage: Stage, options: Options = {}): Promise<Outcome> => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-deploy-"));
  const notes = path.join(folder, "notes");
  const script = (name: string, text: string) =>
    writeFile(path.join(folder, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  await script("docker", "exit 0");
  await writeFile(path.join(folder, "secrets"), secretLines(options.secrets ?? SENTINELS));
  await script(
    "sst",
    `if [ "$1 $2" = "secret list" ]; then cat ${folder}/secrets; exit; fi
echo "$*" >> ${notes}
trap 'echo interrupt >> ${notes}; echo unlocked; exit 1' INT
${options.sstDeploy ?? "echo Complete"}`,
  );
  try {
    let outcome: Outcome | undefined;
    await withFakeEcs(stage, async (_ecs, url) => {
      const child = spawn(process.execPath, [DEPLOY, ...(options.args ?? ["--no-run"])], {
        env: {
          ...WITHOUT_ENV_FILES,
          PATH: `${folder}:${process.env.PATH}`,
          HOME: folder,
          LEO_SST_COMMAND: path.join(folder, "sst"),
          AWS_ENDPOINT_URL: url,
          LEO_ORCHESTRATOR_IMAGE: "111122223333.dkr.ecr.us-east-1.amazonaws.com/leo-saas-app:1",
          LEO_GENERATOR_IMAGE: "111122223333.dkr.ecr.us-east-1.amazonaws.com/leo:1",
          AWS_ACCESS_KEY_ID: "LEOTEST",
          AWS_SECRET_ACCESS_KEY: "local",
        },
        detached: true,
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => {
          const before = output;
          output += chunk.toString("utf8");
          const { interruptAt } = options;
          if (!interruptAt || before.includes(interruptAt) || !output.includes(interruptAt)) return;
          // A terminal interrupts the whole process group, and npm passes the signal on once more.
          process.kill(-(child.pid ?? 0), "SIGINT");
          child.kill("SIGINT");
        });
      }
      const [code] = (await once(child, "close")) as [number | null];
      const noted = await readFile(notes, "utf8").catch(() => "");
      outcome = { code, output, notes: noted.split("\n").filter(Boolean) };
    });
    if (!outcome) throw new Error("The command did not end");
    return outcome;
  } finally {
    await rm(folder, { recursive: true });
  }
};

const ARRIVED: Stage = { newest: 8, services: [{ deployments: [deployment(8, {})] }] };

test("preflight, sst deploy and the wait, each named; then the address", async () => {
  const { code, output, notes } = await deploy(ARRIVED);
  expect(output).toMatch(
    /Step 1 of 3, preflight\n[\s\S]*Step 2 of 3, sst deploy\nComplete\nStep 3 of 3, wait for the service\n[\s\S]*\nDeployed: http:\/\/127\.0\.0\.1:\d+\n$/,
  );
  expect(notes).toEqual(["deploy --stage prod"]);
  expect(code).toBe(0);
});

test("what stands in the way is reported before sst deploys anything", async () => {
  const { code, output, notes } = await deploy(ARRIVED, { secrets: { ...SENTINELS, SupabaseUrl: "" } });
  expect(output).toMatch(/Step 1 of 3, preflight, failed: \nThese secrets are not set: SupabaseUrl;/);
  expect(notes).toEqual([]);
  expect(code).toBe(1);
});

test("a deploy that sst gives up names the step and what to do", async () => {
  const { code, output } = await deploy(ARRIVED, { sstDeploy: "echo 'Failed: no quota'; exit 1" });
  expect(output).toMatch(
    /Failed: no quota\n\nStep 2 of 3, sst deploy, failed: it ended with exit code 1; .* run `npm run deploy -- --stage prod`/,
  );
  expect(code).toBe(1);
});

test("Ctrl-C reaches sst once, which unlocks its state; what is half-made is named", async () => {
  const { code, output, notes } = await deploy(ARRIVED, {
    sstDeploy: "echo working; for i in $(seq 600); do sleep 0.1; done",
    interruptAt: "working",
  });
  expect(notes).toEqual(["deploy --stage prod", "interrupt"]);
  expect(output).toMatch(
    /unlocked\n\nInterrupted in step 2 of 3, sst deploy\. What was created so far stays.*`npx sst unlock --stage prod` first\.\n$/,
  );
  expect(code).toBe(130);
});

test("Ctrl-C during the wait says that everything is deployed", async () => {
  const waiting = [deployment(8, { rolloutState: "IN_PROGRESS", runningCount: 0 })];
  const { code, output } = await deploy(
    { newest: 8, services: [{ deployments: waiting }] },
    { interruptAt: "0 of 1 tasks run" },
  );
  expect(output).toMatch(/Interrupted in step 3 of 3, wait for the service\. Everything is deployed/);
  expect(code).toBe(130);
});

test("while it waits, each of ECS's reports and each task that ended is printed once, with its log", async () => {
  const createdAt = new Date(Date.now() + 3_600_000);
  const waiting = {
    deployments: [deployment(8, { rolloutState: "IN_PROGRESS", runningCount: 0 })],
    events: [
      { id: "2", createdAt, message: "(service leo-saas-app) has started 1 tasks." },
      { id: "1", createdAt: new Date(0), message: "(service leo-saas-app) is old news." },
    ],
  };
  const { code, output } = await deploy({
    newest: 8,
    services: [waiting, waiting, waiting, waiting, { deployments: [deployment(8, {})] }],
    stopped: [
      {
        taskArn: "arn:aws:ecs:us-east-1:111122223333:task/leo-saas/0123abcd",
        stoppedReason: "Essential container in task exited",
        containers: [{ name: "leo-saas-app", exitCode: 78 }],
      },
    ],
    log: ["DATABASE_URL: is not a URL"],
  });
  expect(output.match(/has started 1 tasks/g)).toHaveLength(1);
  expect(output).not.toContain("old news");
  expect(output).toMatch(
    /task 0123abcd: Essential container in task exited \(leo-saas-app: exit 78\)\n {4}DATABASE_URL: is not a URL\n/,
  );
  expect(output.match(/task 0123abcd/g)).toHaveLength(1);
  expect(code).toBe(0);
});

test("an option that does not exist is named", async () => {
  const { code, output } = await deploy(ARRIVED, { args: ["--stag", "prod"] });
  expect(output).toMatch(/^Unknown option --stag\. Did you mean --stage\?\n/);
  expect(code).toBe(2);
});
