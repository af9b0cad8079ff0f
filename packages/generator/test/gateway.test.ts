import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { readGatewayConfig } from "../src/gateway/config.ts";
import {
  answerWhole,
  ask,
  askStream,
  delta,
  errorOf,
  finished,
  MODEL,
  started,
  withGateway,
  type Answer,
} from "./support/gateway.ts";
import { until } from "./support/until.ts";

test("the dummy token becomes the operator's OAuth token, betas on the list are kept", () =>
  withGateway({}, async ({ post, seen }) => {
    const response = await post(ask, {
      path: "/v1/messages?beta=true",
      headers: {
        "anthropic-beta": "effort-2025-11-24, fast-mode-2026-02-01,claude-code-20250219",
        "x-api-key": "dummy",
        cookie: "a=b",
      },
    });
    expect(await response.text()).toBe(started + delta("hi") + finished);
    expect(response.headers.get("request-id")).toBe("req_1");
    expect(response.headers.get("set-cookie")).toBeNull();
    const [{ url, headers, body } = { url: "", headers: {}, body: "" }] = seen;
    expect(url).toBe("/v1/messages?beta=true");
    expect(headers.authorization).toBe("Bearer the-real-token");
    expect(headers["anthropic-beta"]).toBe("effort-2025-11-24,claude-code-20250219,oauth-2025-04-20");
    expect(headers["x-api-key"]).toBeUndefined();
    expect(headers.cookie).toBeUndefined();
    expect(JSON.parse(body)).toEqual(ask);
  }));

test("an API key goes into its own header", () =>
  withGateway(
    { env: { CLAUDE_CODE_OAUTH_TOKEN: "", ANTHROPIC_API_KEY: "the-real-key" } },
    async ({ post, seen }) => {
      await (await post(ask)).text();
      expect(seen[0]?.headers["x-api-key"]).toBe("the-real-key");
      expect(seen[0]?.headers.authorization).toBeUndefined();
      expect(seen[0]?.headers["anthropic-beta"]).toBeUndefined();
    },
  ));

test("an answer streams through piece by piece", async () => {
  let release = () => {};
  const answer: Answer = async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(started);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    response.end(finished);
  };
  await withGateway({ answer }, async ({ post }) => {
    const response = await post(ask);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toBe(started);
    release();
    const second = await reader?.read();
    expect(new TextDecoder().decode(second?.value)).toBe(finished);
  });
});

test("tokens are counted from the stream and priced", () =>
  withGateway({}, async ({ post, usage }) => {
    await (await post(ask)).text();
    await (await post({ ...ask, model: `${MODEL}-20260901` })).text();
    await until(async () => (await usage()).outputTokens === 1_000);
    expect(await usage()).toMatchObject({ inputTokens: 200, cacheReadTokens: 2_000, cacheWriteTokens: 20 });
    // 200 × $2 + 1,000 × $10 + 2,000 × $0.10 + 20 × $2.50, per million.
    expect((await usage()).costUsd).toBeCloseTo(0.01065, 8);
  }));

test("an answer in one piece is counted as well, a count of tokens costs nothing", () => {
  const answer: Answer = async (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ stop_reason: "end_turn", usage: { input_tokens: 7, output_tokens: 3 } }));
  };
  return withGateway({ answer }, async ({ post, usage }) => {
    await (await post(ask)).text();
    await (await post(ask, { path: "/v1/messages/count_tokens" })).text();
    await until(async () => (await usage()).inputTokens > 0);
    expect(await usage()).toMatchObject({ inputTokens: 7, outputTokens: 3 });
  });
});

test("a stream that breaks off breaks off for the agent too", () => {
  const answer: Answer = async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(started + delta("x".repeat(4_000)), () => response.destroy());
  };
  return withGateway({ answer }, async ({ post, usage }) => {
    const response = await post(ask);
    await expect(response.text()).rejects.toThrow("terminated");
    await until(async () => (await usage()).outputTokens > 900);
    expect((await usage()).inputTokens).toBe(100);
  });
});

test.for([
  ["another path", "/v1/files", ask, 404, "not_found_error"],
  ["a path that climbs", "/v1/messages/../../admin", ask, 404, "not_found_error"],
  [
    "a model that is not on the list",
    "/v1/messages",
    { ...ask, model: "claude-fable-5-1" },
    403,
    "permission_error",
  ],
  [
    "an answer that may be too long",
    "/v1/messages",
    { ...ask, max_tokens: 64_001 },
    400,
    "invalid_request_error",
  ],
  ["a body that is not JSON", "/v1/messages", "{", 400, "invalid_request_error"],
  ["a body without a model", "/v1/messages", { messages: [] }, 400, "invalid_request_error"],
] as const)("%s is refused and reaches nobody", ([, path, body, status, type]) =>
  withGateway({}, async ({ post, seen }) => {
    expect(await errorOf(await post(body, { path }))).toEqual({ status, type });
    expect(seen).toEqual([]);
  }),
);

test("a body over 10 MB is refused", () =>
  withGateway({}, async ({ post, seen }) => {
    const response = await post({ ...ask, messages: "x".repeat(10 * 1024 * 1024) });
    expect(await errorOf(response)).toEqual({ status: 413, type: "request_too_large" });
    expect(seen).toEqual([]);
  }));

test("only POST is forwarded", () =>
  withGateway({}, async ({ url, seen }) => {
    expect((await fetch(`${url}/v1/messages`)).status).toBe(405);
    expect(seen).toEqual([]);
  }));

test("a web page, or a name that was bent to loopback, gets nothing", () =>
  withGateway({}, async ({ post, url, seen }) => {
    expect((await post(ask, { headers: { origin: "http://localhost:5013" } })).status).toBe(403);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(url);
      const request = httpRequest({
        port,
        path: "/v1/messages",
        method: "POST",
        headers: { host: "evil.example" },
      });
      request.on("response", (response) => resolve(response.resume().statusCode));
      request.on("error", reject);
      request.end("{}");
    });
    expect(status).toBe(403);
    expect(seen).toEqual([]);
  }));

test("a silent model is asked again", () => {
  let asked = 0;
  const answer: Answer = async (response, seen) => {
    asked += 1;
    if (asked > 2) await answerWhole(response, seen);
  };
  return withGateway({ answer, env: { GATEWAY_SILENT_MS: "50" } }, async ({ post, state }) => {
    const pending = post(askStream);
    expect((await state(({ waiting }) => waiting !== undefined)).waiting).toMatchObject({
      reason: "silent",
      detail: "nothing came for 0.05 s",
    });
    expect((await pending).status).toBe(200);
    expect((await state(({ waiting }) => !waiting)).faults).toEqual({});
  });
});

test("a limit that ends too late reaches the agent unchanged, and the generator with its time", () => {
  const answer: Answer = async (response) => {
    response.writeHead(429, { "content-type": "application/json", "retry-after": "7200" });
    response.end(JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "no" } }));
  };
  return withGateway({ answer }, async ({ post, state }) => {
    const response = await post(askStream);
    expect(response.headers.get("retry-after")).toBe("7200");
    expect(await errorOf(response)).toEqual({ status: 429, type: "rate_limit_error" });
    const fault = (await state(({ faults }) => MODEL in faults)).faults[MODEL];
    expect(fault).toMatchObject({ code: "model_limit", detail: "429 rate_limit_error: no" });
    expect(Date.parse(fault?.retryAt ?? "") - Date.now()).toBeGreaterThan(7_100_000);
  });
});

test("the credential is in no log line and no answer", async () => {
  const lines: string[] = [];
  const answer: Answer = async (response) => {
    response.destroy();
  };
  await withGateway({ answer, log: (line) => lines.push(line) }, async ({ post, url }) => {
    const answers = [
      await post(ask),
      await post("{"),
      await fetch(`${url}/usage`),
      await fetch(`${url}/health`),
    ];
    const told = await Promise.all(answers.map((response) => response.text()));
    expect(lines.join("")).toContain("the connection was cut");
    expect(lines.join("") + told.join("")).not.toContain("the-real-token");
  });
});

test("another endpoint may get its key as a bearer token, and never a Claude token", async () => {
  const env = { CLAUDE_CODE_OAUTH_TOKEN: "", ANTHROPIC_AUTH_TOKEN: "the-endpoint's-key" };
  await withGateway({ env }, async ({ post, seen }) => {
    await (await post(ask)).text();
    expect(seen[0]?.headers.authorization).toBe("Bearer the-endpoint's-key");
    expect(seen[0]?.headers["x-api-key"]).toBeUndefined();
  });
  const foreign = { LEO_UPSTREAM_URL: "https://llm.example.com", CLAUDE_CODE_OAUTH_TOKEN: "token" };
  expect(() => readGatewayConfig(foreign)).toThrow(/is a token for api\.anthropic\.com/);
});

test("settings that are missing or wrong are all named at once", () => {
  expect(() => readGatewayConfig({ LEO_ALLOWED_MODELS: "gpt-7", LEO_BUDGET_USD: "0" })).toThrow(
    /LEO_ALLOWED_MODELS[\s\S]*LEO_BUDGET_USD/,
  );
  expect(() => readGatewayConfig({})).toThrow(/CLAUDE_CODE_OAUTH_TOKEN/);
});
