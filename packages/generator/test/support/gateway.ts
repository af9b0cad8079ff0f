import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { readGatewayConfig } from "../../src/gateway/config.ts";
import { GatewayUsage } from "../../src/gateway/meter.ts";
import { ModelState } from "../../src/gateway/model-state.ts";
import { startGateway } from "../../src/gateway/server.ts";

export const MODEL = "claude-sonnet-5-5";
const sse = (event: { type: string } & Record<string, unknown>) =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

export const started = sse({
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
export const delta = (text: string) =>
  sse({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
export const finished = sse({
  type: "message_delta",
  delta: { stop_reason: "end_turn" },
  usage: { output_tokens: 500 },
});

/** A request that reached the model. */
export interface Seen {
  url: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

export type Answer = (response: ServerResponse, seen: Seen) => Promise<void>;

export const answerWhole: Answer = async (response) => {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "set-cookie": "a=b",
    "request-id": "req_1",
  });
  response.end(started + delta("hi") + finished);
};

export const withGateway = async (
  options: { answer?: Answer; env?: Record<string, string>; log?: (line: string) => void },
  run: (context: {
    url: string;
    seen: Seen[];
    post: (
      body: unknown,
      init?: { path?: string; headers?: Record<string, string>; signal?: AbortSignal },
    ) => Promise<Response>;
    usage: () => Promise<GatewayUsage>;
    /** The first state of the model that fits. */
    state: (fits: (state: ModelState) => boolean) => Promise<ModelState>;
  }) => Promise<void>,
) => {
  const seen: Seen[] = [];
  const upstream = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const entry = { url: request.url, headers: request.headers, body };
      seen.push(entry);
      await (options.answer ?? answerWhole)(response, entry);
    })();
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const config = readGatewayConfig({
    GATEWAY_PORT: "0",
    LEO_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    CLAUDE_CODE_OAUTH_TOKEN: "the-real-token",
    LEO_MODEL_RETRY_MIN_MS: "10",
    LEO_MODEL_RETRY_MAX_MS: "50",
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
      post: (body, { path = "/v1/messages", headers = {}, signal } = {}) =>
        fetch(gateway.url + path, {
          method: "POST",
          signal,
          headers: { "content-type": "application/json", authorization: "Bearer dummy", ...headers },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      state: async (fits) => {
        for (let after = -1; ;) {
          const state = ModelState.parse(await (await fetch(`${gateway.url}/model?after=${after}`)).json());
          if (fits(state)) return state;
          after = state.version;
        }
      },
      usage: async () => GatewayUsage.parse(await (await fetch(`${gateway.url}/usage`)).json()),
    });
  } finally {
    await gateway.close();
    upstream.closeAllConnections();
    upstream.close();
  }
};

export const ask = { model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "hi" }] };
/** As the harness asks. */
export const askStream = { ...ask, stream: true };
export const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { type: string; message: string } };
  return { status: response.status, type: error.type };
};
