/** What `sst dev` runs, with SST's environment and stand-ins for the stage's bucket, database and Supabase. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { startAuth } from "../src/auth.ts";
import { freePort } from "../src/free-port.ts";
import { withBucket } from "../src/testing/bucket.ts";
import { withDatabase } from "../src/testing/database.ts";
import { until } from "../src/testing/until.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const TIMEOUT_MS = 120_000;

/** Starts a program of the checkout with this environment alone, and ends it after. */
const withProgram = async (
  file: string,
  env: Record<string, string>,
  run: (program: {
    output: () => string;
    exit: Promise<unknown[]>;
    signal: (name: "SIGINT") => void;
  }) => Promise<void>,
) => {
  const child = spawn(process.execPath, [path.join(ROOT, file)], { env: { PATH: process.env.PATH, ...env } });
  const exit = once(child, "exit");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
  }
  try {
    await run({ output: () => output, exit, signal: (name) => child.kill(name) });
  } finally {
    if (child.exitCode === null) child.kill("SIGTERM");
    await exit;
  }
};

const secrets = (values: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `SST_RESOURCE_${name}`,
      JSON.stringify({ value, type: "sst.sst.Secret" }),
    ]),
  );

const answers = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

test(
  "a generation runs on the laptop and leaves its version in the stage's bucket",
  { timeout: TIMEOUT_MS },
  () =>
    withBucket(({ bucket, env, endpoint }) =>
      withDatabase(async (databaseUrl) => {
        const [port, modelPort] = [await freePort(), await freePort()];
        const origin = `http://localhost:${port}`;
        const model = `http://127.0.0.1:${modelPort}`;
        const auth = await startAuth({ origins: [origin] });
        const stage = `test-${port}`;
        const { AWS_ENDPOINT_URL_SQS: _, ...awsEnv } = env;
        const sstEnv = {
          ...awsEnv,
          PORT: String(port),
          LEO_MODE: "aws",
          LEO_BUCKET: bucket,
          LEO_CLUSTER: `leo-saas-${stage}`,
          LEO_UPSTREAM_URL: model,
          LEO_GENERATOR_SUBNETS: "subnet-1",
          LEO_GENERATOR_SECURITY_GROUPS: "sg-1",
          SST_RESOURCE_App: JSON.stringify({ name: "leo-saas", stage }),
          ...secrets({
            DatabaseUrl: databaseUrl,
            SupabaseUrl: auth.url,
            SupabaseAnonKey: auth.anonKey,
            GithubBotToken: "none",
            ClaudeOauthToken: "sk-ant-the-stage-s-token",
          }),
        };
        const headers = { authorization: `Bearer ${await auth.issue()}`, "content-type": "application/json" };
        const request = async (method: string, where: string, body?: object) => {
          const answer = await fetch(`${origin}${where}`, {
            method,
            headers: { ...headers, "idempotency-key": stage },
            body: body && JSON.stringify(body),
          });
          return (await answer.json()) as {
            state?: string;
            generation?: { id: string };
            source?: { path: string }[];
          };
        };

        await withProgram("packages/mock/src/model-server/main.ts", { PORT: String(modelPort) }, async () => {
          await until("the scripted model", () => answers(`${model}/health`), TIMEOUT_MS);
          await withProgram("packages/local/src/dev.ts", sstEnv, async ({ output, exit, signal }) => {
            await until("Leo", () => output().includes("Leo is ready"), TIMEOUT_MS);
            const { generation } = await request("POST", "/api/apps", { prompt: "Make a todo app" });
            const read = async () => (await request("GET", `/api/generations/${generation?.id}`)).state;
            await until("the version", async () => (await read()) === "completed", TIMEOUT_MS);
            const { source } = await request("GET", `/api/generations/${generation?.id}/files`);
            expect(source?.map((file) => file.path)).toContain("index.html");
            const listing = await (await fetch(`${endpoint}/${bucket}?list-type=2&prefix=apps/`)).text();
            expect(listing).toContain("manifest.json");
            expect(output()).not.toContain("sk-ant-");
            signal("SIGINT");
            expect(await exit).toEqual([0, null]);
            expect(await answers(`${origin}/health`)).toBe(false);
          });
        });
        await auth.stop();
        await rm(path.join(ROOT, ".leo", `dev-${stage}`), { recursive: true, force: true });
      }),
    ),
);

test("outside of sst dev it says which settings are missing and what sets them", () =>
  withProgram("packages/local/src/dev.ts", {}, async ({ output, exit }) => {
    expect(await exit).toEqual([1, null]);
    expect(output()).toMatch(/LEO_BUCKET: is not set/);
    expect(output()).toMatch(/SST_RESOURCE_DatabaseUrl: is not set/);
    expect(output()).toMatch(/npx sst dev/);
  }));
