import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { expect, test } from "vitest";
import { readGatewayConfig } from "../src/gateway/config.ts";
import { GatewayUsage } from "../src/gateway/meter.ts";
import { startGateway } from "../src/gateway/server.ts";
import { until } from "./support/until.ts";

const MODEL = "claude-sonnet-5-5";
const sse = (event: { type: string } & Record<string, unknown>) =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

const started = sse({
  type: "message_start",
  message: {
    usage: {
      input_tokens: 100,
      cache_read_input_tokens: 1_000,
      cache_creation_input_tokens: 10,
      output_tokens: 1,
    },
  },
});
const delta = (text: string) =>
  sse({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
const finished = sse({
  type: "message_delta",
  delta: { stop_reason: "end_turn" },
  usage: { output_tokens: 500 },
});

interface Seen {
  url: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

type Answer = (response: ServerResponse) => Promise<void>;

const answerWhole: Answer = async (response) => {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "set-cookie": "a=b",
    "request-id": "req_1",
  });
  response.end(started + delta("hi") + finished);
};

const withGateway = async (
  options: { answer?: Answer; env?: Record<string, string>; log?: (line: string) => void },
  run: (context: {
    url: string;
    seen: Seen[];
    post: (body: unknown, init?: { path?: string; headers?: Record<string, string> }) => Promise<Response>;
    usage: () => Promise<GatewayUsage>;
  }) => Promise<void>,
) => {
  const seen: Seen[] = [];
  const upstream = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const entry = { url: request.url, headers: request.headers, body };
      seen.push(entry);
      await (options.answer ?? answerWhole)(response);
    })();
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const config = readGatewayConfig({
    GATEWAY_PORT: "0",
    LEO_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    CLAUDE_CODE_OAUTH_TOKEN: "the-real-token",
    ...options.env,
  });
  const gateway = await startGateway(
    config,
    pino({ level: "debug" }, { write: (line) => options.log?.(line) }),
  );
  try {
    await run({
      url: gateway.url,
      seen,
      post: (body, { path = "/v1/messages", headers = {} } = {}) =>
        fetch(gateway.url + path, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: "Bearer dummy", ...headers },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      usage: async () => GatewayUsage.parse(await (await fetch(`${gateway.url}/usage`)).json()),
    });
  } finally {
    await gateway.close();
    upstream.closeAllConnections();
    upstream.close();
  }
};

const ask = { model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "hi" }] };
const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { type: string; message: string } };
  return { status: response.status, type: error.type };
};

test("the dummy token becomes the operator's OAuth token, other betas are kept", () =>
  withGateway({}, async ({ post, seen }) => {
    const response = await post(ask, {
      path: "/v1/messages?beta=true",
      headers: { "anthropic-beta": "one-2025,two-2025", "x-api-key": "dummy", cookie: "a=b" },
    });
    expect(await response.text()).toBe(started + delta("hi") + finished);
    expect(response.headers.get("request-id")).toBe("req_1");
    expect(response.headers.get("set-cookie")).toBeNull();
    const [{ url, headers, body } = { url: "", headers: {}, body: "" }] = seen;
    expect(url).toBe("/v1/messages?beta=true");
    expect(headers.authorization).toBe("Bearer the-real-token");
    expect(headers["anthropic-beta"]).toBe("one-2025,two-2025,oauth-2025-04-20");
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
    response.end(JSON.stringify({ usage: { input_tokens: 7, output_tokens: 3 } }));
  };
  return withGateway({ answer }, async ({ post, usage }) => {
    await (await post(ask)).text();
    await (await post(ask, { path: "/v1/messages/count_tokens" })).text();
    await until(async () => (await usage()).inputTokens > 0);
    expect(await usage()).toMatchObject({ inputTokens: 7, outputTokens: 3 });
  });
});

test("a stream that breaks off breaks off for the agent too, and is counted by its length", () => {
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
  ["a body that is no JSON", "/v1/messages", "{", 400, "invalid_request_error"],
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

test("at the budget the agent hears an API error, and the usage says so", () =>
  withGateway({ env: { LEO_BUDGET_USD: "0.005" } }, async ({ post, usage, seen }) => {
    await (await post(ask)).text();
    await until(async () => (await usage()).costUsd > 0.005);
    expect((await usage()).budgetExhausted).toBe(false);
    const refused = await post(ask);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ type: "error", error: { type: "billing_error" } });
    expect(seen).toHaveLength(1);
    expect((await usage()).budgetExhausted).toBe(true);
  }));

test("requests that run at once cannot pass the budget together", () => {
  const waiting: ServerResponse[] = [];
  const answer: Answer = async (response) => {
    waiting.push(response);
  };
  // A prompt of 400 kB is 100,000 tokens, at least $0.01.
  const large = { ...ask, messages: "x".repeat(400_000) };
  return withGateway({ answer, env: { LEO_BUDGET_USD: "0.025" } }, async ({ post }) => {
    const first = [post(large), post(large)];
    await until(() => waiting.length === 2);
    expect((await post(large)).status).toBe(400);
    await Promise.all(waiting.map(answerWhole));
    await Promise.all(first.map(async (response) => (await response).text()));
  });
});

test("a silent model is given up", () =>
  withGateway({ answer: async () => undefined, env: { GATEWAY_SILENT_MS: "50" } }, async ({ post }) => {
    expect(await errorOf(await post(ask))).toEqual({ status: 502, type: "api_error" });
  }));

test("errors of the API reach the agent with their retry-after", () => {
  const answer: Answer = async (response) => {
    response.writeHead(429, { "content-type": "application/json", "retry-after": "7" });
    response.end(
      JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "slow down" } }),
    );
  };
  return withGateway({ answer }, async ({ post }) => {
    const response = await post(ask);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await errorOf(response)).toEqual({ status: 429, type: "rate_limit_error" });
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
    expect(lines.join("")).toContain("could not be reached");
    expect(lines.join("") + told.join("")).not.toContain("the-real-token");
  });
});

test("settings that are missing or wrong are all named at once", () => {
  expect(() => readGatewayConfig({ LEO_ALLOWED_MODELS: "gpt-7", LEO_BUDGET_USD: "0" })).toThrow(
    /LEO_ALLOWED_MODELS[\s\S]*LEO_BUDGET_USD/,
  );
  expect(() => readGatewayConfig({})).toThrow(/CLAUDE_CODE_OAUTH_TOKEN/);
});
