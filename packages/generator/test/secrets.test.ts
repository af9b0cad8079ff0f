import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { agentEnvironment, cleanEnvironment } from "../src/process/environment.ts";
import { ATTEMPT_TOKEN, CREDENTIAL, withGeneration } from "./support/generation.ts";
import { withRunPaths } from "./support/run-paths.ts";

/** Credentials of ECS, as a task on Fargate has them. */
const CONTAINER_CREDENTIALS = "/v2/credentials/secret-of-the-task-role-90d1";
const NO_BROWSER = { LEO_CHROMIUM: "/nowhere" };

/** The environments of all processes that have anything to do with a run, whatever their parent is. */
const environmentsOf = async (root: string): Promise<string[]> => {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
  );
  return all.filter((environment) => environment.includes(root));
};

const filesUnder = async (directory: string): Promise<string> => {
  const names = await readdir(directory, { recursive: true });
  const contents = await Promise.all(
    names
      .filter((name) => !name.includes("node_modules"))
      .map(async (name) => {
        const path = join(directory, name);
        return (await stat(path)).isFile() ? readFile(path, "latin1") : "";
      }),
  );
  return contents.join("\n");
};

test("no credential and no attempt token reaches the agent, its tools, its files or an event", () =>
  withGeneration(
    {
      prompt: "a todo list mock:secret mock:slow",
      model: { slowMs: 300 },
      env: NO_BROWSER,
      driverEnv: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: CONTAINER_CREDENTIALS },
    },
    async ({ orchestrator, finished, root, bucket, model, keys, object, start, generator }) => {
      const secrets = [
        CREDENTIAL,
        ATTEMPT_TOKEN,
        CONTAINER_CREDENTIALS,
        `"${bucket.generatorEnv.AWS_SECRET_ACCESS_KEY}"`,
      ];
      const expectClean = (text: string) => {
        for (const secret of secrets) expect(text).not.toContain(secret);
      };

      await orchestrator.fact("agent_tool");
      // Every tool may read the environments of its own user's processes, the generator's among them.
      const environments = await environmentsOf(root);
      expect(environments.length).toBeGreaterThan(1);
      expect(environments.join()).toContain("ANTHROPIC_BASE_URL");
      expectClean(environments.join("\n"));
      expect(environments.join()).not.toMatch(/AWS_SECRET_ACCESS_KEY|AWS_CONTAINER|LEO_ATTEMPT_TOKEN/);

      expect((await finished()).failure).toBeUndefined();
      // The scripted agent ran `env`: what a tool sees is what the model was told.
      const told = JSON.stringify(model.requests.map(({ body }) => body));
      expect(told).toContain(`HOME=${root}/home`);
      expectClean(told);
      expect(model.requests.every(({ headers }) => headers.authorization === `Bearer ${CREDENTIAL}`)).toBe(
        true,
      );

      expectClean(orchestrator.frames.join("\n"));
      expect(orchestrator.frames.join("\n")).toContain("[removed: anthropic]");
      expectClean(await filesUnder(root));
      const objects = await Promise.all((await keys()).map((key) => object(start.artifact.prefix + key)));
      expectClean(objects.map((content) => content.toString("latin1")).join("\n"));
      expect(await keys()).not.toContain("source/.env");
      expect(JSON.stringify(model.requests)).toContain(
        ".env was removed. Environment files are never stored",
      );
      expectClean(generator.output());
    },
  ));

test("the clean environment names what it passes, and passes no proxy with a password", () =>
  withRunPaths(async (paths) => {
    const before = process.env;
    process.env = {
      ...before,
      HTTPS_PROXY: "http://user:password@proxy",
      NO_PROXY: "localhost",
      NODE_OPTIONS: "--inspect",
      GITHUB_TOKEN: "x",
    };
    try {
      const names = Object.keys(cleanEnvironment(paths));
      expect(names).toContain("NO_PROXY");
      expect(names).not.toContain("HTTPS_PROXY");
      expect(names).not.toContain("NODE_OPTIONS");
      expect(names).not.toContain("GITHUB_TOKEN");
      const agent = agentEnvironment(paths, { baseUrl: "http://127.0.0.1:1", small: "small" });
      expect(Object.keys(agent).filter((name) => /TOKEN|KEY|SECRET|CREDENTIAL/.test(name))).toEqual([
        "ANTHROPIC_AUTH_TOKEN",
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
      ]);
    } finally {
      process.env = before;
    }
  }));
