import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { NotDeployedError, waitUntilDeployed, type DeployedOptions } from "../deployed.ts";
import { deployment, withFakeEcs, type Stage } from "./support/fake-ecs.ts";

interface Outcome {
  url?: string;
  error?: string;
  said: string[];
  origin: string;
}

/** Waits for the stage and tells how it ended. */
const outcomeOf = async (stage: Stage, options: Partial<DeployedOptions> = {}): Promise<Outcome> => {
  const outcome: Outcome = { said: [], origin: "" };
  await withFakeEcs(stage, async (ecs, origin) => {
    outcome.origin = origin;
    const wait = waitUntilDeployed(ecs, {
      cluster: "leo-saas",
      service: "leo-saas-app",
      logGroup: "/ecs/leo-saas-app",
      timeoutMs: 60_000,
      intervalMs: 5,
      say: (line) => outcome.said.push(line),
      ...options,
    });
    const [ended] = await Promise.allSettled([wait]);
    if (ended.status === "fulfilled") outcome.url = ended.value;
    if (ended.status === "rejected") {
      expect(ended.reason).toBeInstanceOf(NotDeployedError);
      outcome.error = (ended.reason as Error).message;
    }
  });
  return outcome;
};

const OLD_AND_NEW = {
  deployments: [
    deployment(8, { rolloutState: "IN_PROGRESS", runningCount: 0 }),
    deployment(7, { status: "ACTIVE" }),
  ],
};

test("a deploy has arrived when the newest revision is complete and answers", async () => {
  const { url, origin, said } = await outcomeOf({
    newest: 8,
    services: [
      OLD_AND_NEW,
      OLD_AND_NEW,
      { deployments: [deployment(8, {}), deployment(7, { status: "ACTIVE" })] },
      { deployments: [deployment(8, {})] },
    ],
    health: [503, 502, 200],
  });
  expect(url).toBe(origin);
  expect(said).toEqual([
    "leo-saas-app:8: 0 of 1 tasks run",
    "leo-saas-app:8: 1 of 1 tasks run",
    "leo-saas-app:8 is running",
  ]);
});

test("a rollback, which ECS calls complete, is a failure", async () => {
  const { error } = await outcomeOf({
    newest: 8,
    services: [
      OLD_AND_NEW,
      OLD_AND_NEW,
      {
        deployments: [deployment(7, {})],
        events: [{ message: "(service leo-saas-app) deployment failed: tasks failed to start." }],
      },
    ],
    stopped: [
      {
        taskArn: "arn:aws:ecs:us-east-1:111122223333:task/leo-saas/0123abcd",
        stoppedReason: "Essential container in task exited",
        containers: [{ name: "leo-saas-app", exitCode: 78 }],
      },
    ],
  });
  expect(error).toMatch(/^The service runs leo-saas-app:7, not the newest leo-saas-app:8: .*rolled back/);
  expect(error).toMatch(/tasks failed to start/);
  expect(error).toMatch(/task 0123abcd: Essential container in task exited \(leo-saas-app: exit 78\)/);
  expect(error).toMatch(/aws logs tail \/ecs\/leo-saas-app/);
});

test("a failed deployment is told with ECS's reason, without waiting for the rollback", async () => {
  const { error } = await outcomeOf(
    {
      newest: 8,
      services: [
        {
          deployments: [
            deployment(7, { rolloutState: "IN_PROGRESS" }),
            deployment(8, {
              status: "INACTIVE",
              rolloutState: "FAILED",
              rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
            }),
          ],
        },
      ],
    },
    { timeoutMs: 60_000 },
  );
  expect(error).toMatch(/^The deployment of leo-saas-app:8 failed: ECS deployment circuit breaker/);
});

test("a rollout that never ends is given up, with how far it came", async () => {
  const { error } = await outcomeOf({ newest: 8, services: [OLD_AND_NEW] }, { timeoutMs: 30 });
  expect(error).toMatch(/^Not complete after 0.03 s: leo-saas-app:8: 0 of 1 tasks run/);
});

test("a site that does not answer is told apart from ECS", async () => {
  const services = [{ deployments: [deployment(8, {})] }];
  const unhealthy = await outcomeOf({ newest: 8, services, health: [503] }, { timeoutMs: 30 });
  expect(unhealthy.error).toMatch(
    /^ECS is done, but .*\/health can't be reached: it returns 503; .*LEO_ALLOWLIST/,
  );

  const environment = [{ name: "LEO_PUBLIC_URL", value: "http://127.0.0.1:1" }];
  const refused = await outcomeOf({ newest: 8, services, environment }, { timeoutMs: 30 });
  expect(refused.error).toMatch(/can't be reached: .*(ECONNREFUSED|bad port)/);
});

test("a stage without a service was never deployed", async () => {
  const { error } = await outcomeOf({ newest: 8, services: [] });
  expect(error).toMatch(/^There is no service leo-saas-app in cluster leo-saas/);
});

test("without credentials the command says so in one sentence and exits 1", async () => {
  const main = path.resolve(import.meta.dirname, "../main.ts");
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" };
  const run = promisify(execFile)(process.execPath, [main, "--stage", "prod"], { env });
  await expect(run).rejects.toMatchObject({ code: 1, stdout: "", stderr: /^[^\n]*credentials[^\n]*\n$/i });
});
