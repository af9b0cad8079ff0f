/** The test run against a real orchestrator, with a scripted generator and the local Supabase Auth. */
import { expect, test } from "vitest";
import { S3Client } from "@aws-sdk/client-s3";
import { startAuth, type LocalAuth } from "@leo/local/auth.ts";
import { freePort } from "@leo/local/free-port.ts";
import type { ScriptInput } from "@leo/mock/scripted-generator/script.ts";
import { runScriptedGenerator } from "@leo/mock/scripted-generator/run.ts";
import {
  withOrchestrator,
  type TestOrchestrator,
} from "../../../packages/orchestrator/test/support/orchestrator.ts";
import { openAccount, type Account } from "../../proof/account.ts";
import { prove, type Proof } from "../../proof/prove.ts";

interface Setting {
  url: string;
  auth: LocalAuth;
  leo: TestOrchestrator;
  /** Runs a test run and gives what it said, and its result or its failure's sentence. */
  run: (options?: { account?: Account; signal?: AbortSignal; onLine?: (line: string) => void }) => Promise<{
    said: string[];
    proof?: Proof;
    error?: string;
  }>;
}

/** Previews under a path, as on plain HTTP. */
const withSite = async (
  script: ScriptInput,
  use: (setting: Setting) => Promise<void>,
  previewTemplate = (url: string) => `${url}/preview/{generationId}/`,
) => {
  const auth = await startAuth();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    PORT: String(port),
    SUPABASE_URL: auth.url,
    SUPABASE_ANON_KEY: auth.anonKey,
    LEO_MODEL_IS_MOCK: "false",
    LEO_PUBLIC_URL: url,
    LEO_PREVIEW_URL_TEMPLATE: previewTemplate(url),
  };
  let s3: S3Client | undefined;
  try {
    await withOrchestrator(
      {
        settings,
        agent: async ({ environment }, signal) => {
          const generator = runScriptedGenerator({
            url: environment["LEO_GENERATOR_URL"] ?? "",
            token: environment["LEO_ATTEMPT_TOKEN"] ?? "",
            script: { upload: true, ...script },
            s3,
          });
          signal.addEventListener("abort", () => generator.stop());
          return (await generator.outcome).exitCode;
        },
      },
      async (leo) => {
        s3 = new S3Client(leo.bucket.clientConfig);
        const run: Setting["run"] = async ({ account, signal, onLine } = {}) => {
          const said: string[] = [];
          const [ended] = await Promise.allSettled([
            prove({
              url,
              account: account ?? { serviceRoleKey: auth.serviceRoleKey },
              say: (line) => {
                said.push(line);
                onLine?.(line);
              },
              signal,
            }),
          ]);
          if (ended.status === "fulfilled") return { said, proof: ended.value };
          return { said, error: (ended.reason as Error).message };
        };
        await use({ url, auth, leo, run });
        s3.destroy();
      },
    );
  } finally {
    await auth.stop();
  }
};

const appsLeft = async ({ leo }: Setting) => {
  const { rows } = await leo.database.pool.query<{ id: string }>(
    "select id from leo.apps where deleted_at is null",
  );
  return rows.length;
};

test("a small app is built, opened and deleted again, and so is the user made for it", () =>
  withSite({}, async (setting) => {
    const { said, proof, error } = await setting.run();
    expect(error).toBeUndefined();
    expect(proof?.parts.map(({ name }) => name)).toEqual([
      "reach the site",
      "sign in",
      "submit the request",
      "build the app",
      "open the preview",
    ]);
    expect(said).toContainEqual(
      expect.stringMatching(/^Test run: one small app, with the real model\. .*USD 1;/),
    );
    expect(said).toContainEqual(expect.stringMatching(/^build the app: \d+\.\d s$/));
    expect(await appsLeft(setting)).toBe(0);
  }));

test("a run that fails is reported with its own sentence, and leaves nothing", () =>
  withSite({ ending: "fail", failure: "agent_error" }, async (setting) => {
    const { error, said } = await setting.run();
    expect(error).toMatch(/^The test run failed at "build the app" after \d+\.\d s: .+\.$/);
    expect(await appsLeft(setting)).toBe(0);
    expect(said.join("\n")).not.toMatch(/is left/);
  }));

test("a preview that can't be reached fails the run, although the app was built", () =>
  withSite(
    {},
    async (setting) => {
      const { error } = await setting.run();
      expect(error).toMatch(/^The test run failed at "open the preview" after .*: http:\/\/.*\.localhost:1 /);
      expect(await appsLeft(setting)).toBe(0);
    },
    () => "http://{generationId}.localhost:1/",
  ));

test("a run that is stopped in the middle deletes what it made", () =>
  withSite({ ending: "hang", events: 3 }, async (setting) => {
    const stopping = new AbortController();
    const { error } = await setting.run({
      signal: stopping.signal,
      onLine: (line) => line.startsWith("submit the request") && stopping.abort(new Error("stopped by hand")),
    });
    expect(error).toMatch(/^The test run failed at "build the app" after .*: stopped by hand$/);
    expect(await appsLeft(setting)).toBe(0);
  }));

test("a laptop's own user signs in with its password", () =>
  withSite({}, async (setting) => {
    const account = { email: "dev@leo.local", password: setting.auth.localPassword };
    expect((await setting.run({ account })).error).toBeUndefined();
    const wrong = await setting.run({ account: { ...account, password: "another" } });
    expect(wrong.error).toMatch(/^The test run failed at "sign in" after .*: Supabase answers 400: /);
  }));

test("the user of a test run exists as long as it does, and a key that opens nothing is reported", async () => {
  const auth = await startAuth();
  try {
    const supabase = { url: auth.url, anonKey: auth.anonKey };
    const { accessToken, leave } = await openAccount(supabase, { serviceRoleKey: auth.serviceRoleKey });
    const status = async () => {
      const headers = { authorization: `Bearer ${accessToken}` };
      return (await fetch(`${auth.url}/auth/v1/user`, { headers })).status;
    };
    expect(await status()).toBe(200);
    await leave();
    expect(await status()).toBe(403);
    await expect(openAccount(supabase, { serviceRoleKey: "sb_secret_wrong" })).rejects.toThrow(
      "Supabase answers 401: Invalid API key",
    );
  } finally {
    await auth.stop();
  }
});
