import { describe, expect, test } from "vitest";
import { claudeCheck } from "../src/checks/claude.ts";
import { githubCheck } from "../src/checks/github.ts";
import { startModelServer } from "@leo/mock/model-server/start.ts";
import { type Asked, closedUrl, type Reply, withServer } from "./support/stand-in.ts";
import { SECRETS, stageWith, targetWith, told } from "./support/target.ts";

/** What the check says when the server answers this, and what the server was asked. */
const withReply = async (check: typeof claudeCheck, reply: Reply, secrets = {}) => {
  const asked: Asked[] = [];
  const handle = (request: Asked) => {
    asked.push(request);
    return reply;
  };
  const lines = await withServer(handle, (url) =>
    told(check, targetWith({ secrets: { ...SECRETS, ...secrets } }, url)),
  );
  return { lines, asked: asked[0] };
};

describe("the Claude token", () => {
  test("is proven by counting the tokens of a word", async () => {
    const model = await startModelServer();
    try {
      expect(await told(claudeCheck, targetWith({ modelUrl: model.url }))).toEqual([
        "ok: the token is accepted, and claude-opus-5-5 may be used",
      ]);
      const { method, path } = model.requests[0] ?? {};
      expect([method, path]).toEqual(["POST", "/v1/messages/count_tokens"]);
    } finally {
      await model.close();
    }
  });

  test("goes out as a bearer, an API key as a key", async () => {
    const { asked: oauth } = await withReply(claudeCheck, {});
    expect(oauth?.headers).toMatchObject({
      authorization: `Bearer ${SECRETS.ClaudeOauthToken}`,
      "anthropic-beta": "oauth-2025-04-20",
    });
    const { asked: key } = await withReply(
      claudeCheck,
      {},
      { ClaudeOauthToken: "none", AnthropicApiKey: "sk-ant-api03-x" },
    );
    expect(key?.headers["x-api-key"]).toBe("sk-ant-api03-x");
    expect(key?.headers.authorization).toBeUndefined();
  });

  test.for([
    [401, "failure: the model API rejects the token"],
    [403, "failure: the token may not use claude-opus-5-5"],
    [404, "failure: the model API doesn't know claude-opus-5-5"],
    [429, "warning: the token is accepted, but its limit is reached"],
    [529, "warning: the model API returns 529"],
  ] as const)("with an answer of %i", async ([status, sentence]) => {
    expect((await withReply(claudeCheck, { status })).lines).toEqual([sentence]);
  });

  test("is asked about the stage's own model, and an API key is called one", async () => {
    const stage = stageWith({ LEO_MODEL: "claude-sonnet-5-5" });
    const secrets = { ...SECRETS, ClaudeOauthToken: "none", AnthropicApiKey: "sk-ant-api03-x" };
    const lines = await withServer(
      () => ({ status: 403 }),
      (url) => told(claudeCheck, targetWith({ stage, secrets, env: { LEO_MODEL: "claude-haiku-5-5" } }, url)),
    );
    expect(lines).toEqual(["failure: the key may not use claude-sonnet-5-5"]);
  });

  test("with a model API that is away, and without a token", async () => {
    expect(await told(claudeCheck, targetWith({}, await closedUrl()))).toEqual([
      "failure: the model API can't be reached: the connection is refused",
    ]);
    expect(await told(claudeCheck, targetWith({ stage: undefined, secrets: {} }))).toEqual([
      "ok: no token in the environment, so the demo model (leo-mock) answers",
    ]);
    await expect(told(claudeCheck, targetWith({ secrets: {} }))).rejects.toThrow(
      "needs a credential for the model",
    );
  });
});

describe("the GitHub token", () => {
  const NOW = new Date("2026-11-24T08:00:00Z");
  const check = githubCheck(() => NOW);
  const withHeaders = async (headers: Record<string, string>) =>
    (await withReply(check, { headers, body: { login: "leo-bot" } })).lines;

  test("is sent as a bearer", async () => {
    const { asked } = await withReply(check, {});
    expect(asked?.path).toBe("/user");
    expect(asked?.headers.authorization).toBe(`Bearer ${SECRETS.GithubBotToken}`);
  });

  test("of the classic kind has the scope it needs, too few, or none", async () => {
    expect(await withHeaders({ "x-oauth-scopes": "gist, repo" })).toEqual(["ok: accepted, with scope repo"]);
    expect(await withHeaders({ "x-oauth-scopes": "public_repo" })).toEqual([
      "warning: accepted, but without scope repo only public repositories can be made",
    ]);
    expect(await withHeaders({ "x-oauth-scopes": "" })).toEqual([
      "failure: the token lacks scope repo, so Leo can't push with it",
    ]);
  });

  test("of the fine-grained kind, and soon over", async () => {
    expect(
      await withHeaders({ "github-authentication-token-expiration": "2026-12-01 10:00:00 UTC" }),
    ).toEqual([
      "ok: accepted; its permissions are not told, it needs Administration and Contents: write",
      "warning: the token expires in 7 days",
    ]);
    expect(
      await withHeaders({ "github-authentication-token-expiration": "2027-12-01 10:00:00 UTC" }),
    ).toHaveLength(1);
  });

  test.for([
    [401, "failure: GitHub rejects the token"],
    [403, "warning: GitHub returns 403"],
    [502, "warning: GitHub returns 502"],
  ] as const)("with an answer of %i", async ([status, sentence]) => {
    expect((await withReply(check, { status })).lines).toEqual([sentence]);
  });

  test("is none, or GitHub is away", async () => {
    const off = "ok: no token: pushing to GitHub is off";
    expect((await withReply(check, {}, { GithubBotToken: "none" })).lines).toEqual([off]);
    expect(await told(check, targetWith({ stage: undefined, secrets: {} }))).toEqual([off]);
    expect(await told(check, targetWith({}, await closedUrl()))).toEqual([
      "failure: GitHub can't be reached: the connection is refused",
    ]);
  });
});
