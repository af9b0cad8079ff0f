/** How a changed, an optional and an alternative secret reach the tasks. */
import { expect, test } from "vitest";
import type { Graph } from "../../tools/plan/graph/graph.ts";
import { graphOf, SENTINELS } from "../../tools/plan/graph/run-graph.ts";
import { clearTextPaths } from "./support/clear-text.ts";
import { all, container, environmentOf, one } from "./support/find.ts";
import { allowForGraphs } from "./support/graphs.ts";
import { isAllowed, role } from "./support/iam.ts";

allowForGraphs();

const task = (graph: Graph) => container(graph, "OrchestratorTask", "leo-saas-app");
const secretArn = (name: string) =>
  `arn:aws:secretsmanager:us-east-1:111122223333:secret:leo-saas/${name}-AbCdEf`;

test("a changed secret makes a new revision of the service, and changes no reference", async () => {
  const before = await graphOf({ stage: "prod" });
  const secrets = { ...SENTINELS, GithubBotToken: "CLEAR-TEXT-another" };
  const after = await graphOf({ stage: "prod", secrets });
  const unread = await graphOf({
    stage: "prod",
    secrets: { ...SENTINELS, FlyApiToken: "CLEAR-TEXT-another" },
  });

  const version = (graph: Graph) => environmentOf(task(graph))["LEO_SECRETS_VERSION"];
  expect(version(before)).toMatch(/^[0-9a-f]{16}$/);
  expect(version(after)).not.toBe(version(before));
  expect(version(unread)).toBe(version(before));
  expect(task(after).secrets).toEqual(task(before).secrets);
  expect(clearTextPaths(after, "CLEAR-TEXT-")).toEqual([]);
});

test("an optional secret that is removed can be set again at once, in prod too", async () => {
  const graph = await graphOf({
    stage: "prod",
    secrets: { ...SENTINELS, SupabaseJwtSecret: "CLEAR-TEXT-SupabaseJwtSecret-0123456789" },
  });
  expect(one(graph, "secretsmanager/secret:Secret", "SupabaseJwtSecretCopy")).toMatchObject({
    name: "leo-saas/supabase-jwt-secret",
    recoveryWindowInDays: 0,
  });
  const without = await graphOf({ stage: "prod" });
  expect(all(without, "secretsmanager/secret:Secret").map(({ name }) => name)).not.toContain(
    "SupabaseJwtSecretCopy",
  );
});

test("another endpoint and a proxy reach the containers; nothing of AWS is behind the proxy", async () => {
  const graph = await graphOf({
    stage: "prod",
    settings: {
      LEO_MODEL_BASE_URL: "https://llm.example.com/",
      LEO_HTTPS_PROXY: "http://proxy.example.com:3128",
      LEO_NO_PROXY: ".example.com",
    },
    secrets: { ...SENTINELS, ClaudeOauthToken: "none", AnthropicApiKey: "CLEAR-TEXT-AnthropicApiKey" },
  });
  const driver = environmentOf(container(graph, "GeneratorTask", "leo"));
  const sandbox = environmentOf(container(graph, "GeneratorTask", "sandbox"));
  expect(driver["LEO_UPSTREAM_URL"]).toBe("https://llm.example.com");
  const orchestrator = environmentOf(task(graph));
  expect(orchestrator["LEO_MODEL_ENDPOINT"]).toBe("llm.example.com");
  for (const env of [driver, sandbox, orchestrator]) {
    expect(env["https_proxy"]).toBe("http://proxy.example.com:3128");
    expect(env["NODE_USE_ENV_PROXY"]).toBe("1");
    expect(env["NO_PROXY"]?.split(",")).toEqual([
      ".example.com",
      ".amazonaws.com",
      "169.254.169.254",
      "169.254.170.2",
      "localhost",
      "127.0.0.1",
      "::1",
    ]);
  }
});

test("an API key takes the Claude token's place in the driver, and nowhere else", async () => {
  const graph = await graphOf({
    stage: "prod",
    settings: { LEO_MODEL: "claude-sonnet-5-5" },
    secrets: { ...SENTINELS, ClaudeOauthToken: "none", AnthropicApiKey: "CLEAR-TEXT-AnthropicApiKey" },
  });
  expect(container(graph, "GeneratorTask", "leo").secrets).toEqual([
    { name: "ANTHROPIC_API_KEY", valueFrom: secretArn("anthropic-api-key") },
  ]);
  expect(container(graph, "GeneratorTask", "sandbox").secrets ?? []).toEqual([]);
  expect(task(graph).secrets?.map(({ name }) => name)).not.toContain("ANTHROPIC_API_KEY");
  // The agent starts before the driver has asked for it: with the same model.
  for (const name of ["leo", "sandbox"])
    expect(environmentOf(container(graph, "GeneratorTask", name))["LEO_MODEL"]).toBe("claude-sonnet-5-5");

  const { statements } = role(graph, "GeneratorExecutionRole");
  const reads = (name: string) =>
    isAllowed(statements, { action: "secretsmanager:GetSecretValue", resource: secretArn(name) });
  expect(reads("anthropic-api-key")).toBe(true);
  expect(reads("claude-oauth-token")).toBe(false);
  // The seven are always there.
  expect(all(graph, "secretsmanager/secret:Secret")).toHaveLength(8);
  expect(clearTextPaths(graph, "CLEAR-TEXT-")).toEqual([]);
});
